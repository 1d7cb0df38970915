/**
 * A form that was sent after its session had ended: kept as text inside the login form, and carried out after the login
 * as if nothing had happened. Its token travels along and says to whom it was shown: carried out for whoever else logs in,
 * it would let anybody who reaches a browser first prepare what an admin then does.
 */
import { CSRF_FIELD } from '../csrf.ts';
import { createForm, FORM_FIELDS_MAX, type FormInput } from '../forms.ts';
import type { AdminRoute } from './screen.ts';

/** Where a kept form was going, and what it said. */
export interface KeptForm {
  readonly route: AdminRoute;
  readonly params: Readonly<Record<string, string>>;
  readonly form: FormInput;
  /** Of the page it stood on. */
  readonly token: string;
}

/** A form as text for a hidden field. */
export function keepForm(path: string, form: FormInput): string {
  return JSON.stringify({ path, entries: form.entries });
}

/** Reads a kept form back, or undefined when it is none, or leads to no route that takes forms. */
export function readKeptForm(routes: readonly AdminRoute[], text: string | undefined): KeptForm | undefined {
  if (text === undefined || text === '') return undefined;
  const kept = parse(text);
  if (kept === undefined) return undefined;
  for (const route of routes) {
    // A login inside a login would go round in circles.
    if (route.method !== 'POST' || route.access === 'anyone' || route.afterLogin !== undefined) continue;
    const params = matchPath(route.path, kept.path);
    if (params === undefined) continue;
    const form = createForm(kept.entries);
    return { route, params, form, token: form.get(CSRF_FIELD) ?? '' };
  }
  return undefined;
}

function parse(text: string): { path: string; entries: [string, string][] } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('path' in value) || !('entries' in value)) return undefined;
    const { path, entries } = value;
    if (typeof path !== 'string' || !Array.isArray(entries) || entries.length > FORM_FIELDS_MAX) return undefined;
    return { path, entries: entries.filter(isEntry) };
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
}

/** The parameters of a path that a pattern of the table matches, or undefined. */
function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [place, part] of wanted.entries()) {
    const value = given[place] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}
