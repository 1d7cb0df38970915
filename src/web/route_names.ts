import { once } from '../once.ts';

/** What a request that no route matches is counted under. */
export const OTHER_ROUTE = 'other';

/**
 * Names the route that a path belongs to: `/api/v1/pages/7/` → `/api/v1/pages/:id/`. There are as many names as routes,
 * whatever clients ask for.
 * @param patterns as the router has them, `:name` for one segment and `*` for the rest
 */
export function createRouteNames(patterns: readonly string[]): (path: string) => string {
  const fixed = new Map<string, string>();
  const open: { readonly pattern: string; readonly form: () => RegExp }[] = [];
  for (const pattern of new Set(patterns)) {
    if (/[:*]/.test(pattern)) open.push({ pattern, form: once(() => formOf(pattern)) });
    else fixed.set(pattern, pattern);
  }
  return (path) => {
    const route = fixed.get(path);
    if (route !== undefined) return route;
    for (const { pattern, form } of open) if (form().test(path)) return pattern;
    return OTHER_ROUTE;
  };
}

function formOf(pattern: string): RegExp {
  const parts = pattern.split(/(:\w+|\*)/).map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part === '*' ? '.*' : RegExp.escape(part);
  });
  return new RegExp(`^${parts.join('')}$`);
}
