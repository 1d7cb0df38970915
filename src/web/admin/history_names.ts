/** What history's labels, fields and values are called, and who may see which. */
import { capitalize } from '../../../views/parts/capital.ts';
import { wordsOf } from '../../contents/content.ts';
import { contentTypes, findContentType } from '../../contents/index.ts';
import type { Messages } from '../../messages/index.ts';
import type { Action, HistoryValues } from '../../store/history.ts';
import { PAGE_LABEL } from '../../store/pages.ts';
import { USER_LABEL } from '../../store/users.ts';
import { wordsOfField } from './content_fields.ts';

const GROUP_LABEL = 'auth.group';
/** What can be done to a page or content. */
const EDITS: readonly Action[] = ['create', 'update', 'delete'];

/** The labels that everybody in the admin may see: pages and contents. Accounts and the hub itself are for admins. */
export const OPEN_LABELS: readonly string[] = [PAGE_LABEL, ...contentTypes.map(({ label }) => label)];

/** Something to filter by. */
export interface FilterOption {
  readonly value: string;
  readonly text: string;
}

/** The kinds of objects a reader may ask for. The hub as a whole, whose label is empty, is asked for as `hub`. */
export function kindOptions(m: Messages, isAdmin: boolean): FilterOption[] {
  const labels = isAdmin ? [...OPEN_LABELS, USER_LABEL, GROUP_LABEL] : OPEN_LABELS;
  const kinds = labels.map((label) => ({ value: label, text: kindNamePlural(m, label) }));
  return isAdmin ? [...kinds, { value: 'hub', text: m.history.hub }] : kinds;
}

/** The actions a reader may ask for. */
export function actionOptions(m: Messages, actions: readonly Action[], isAdmin: boolean): FilterOption[] {
  const offered = isAdmin ? actions : EDITS;
  return offered.map((action) => ({ value: action, text: m.history.actions[action] }));
}

export function kindName(m: Messages, label: string): string {
  if (label === PAGE_LABEL) return m.dashboard.page;
  if (label === USER_LABEL) return m.history.user;
  if (label === GROUP_LABEL) return m.history.group;
  const type = findContentType(label);
  return type === undefined ? label : wordsOf(type, m.language).name;
}

export function kindNamePlural(m: Messages, label: string): string {
  if (label === PAGE_LABEL) return m.frame.pages;
  if (label === USER_LABEL) return m.history.users;
  if (label === GROUP_LABEL) return m.history.groups;
  const type = findContentType(label);
  return type === undefined ? label : capitalize(wordsOf(type, m.language).namePlural, m.language);
}

/** A field's name for people; one that is no more is called as it was stored. */
export function fieldName(m: Messages, label: string, name: string): string {
  const own = Object.entries(m.history.fields).find(([known]) => known === name)?.[1];
  if (label === PAGE_LABEL) return pageFieldName(m, name);
  const type = findContentType(label);
  if (type !== undefined) return wordsOfField(m, type, name).label;
  const [, model, tally] = /^(\S+) (created|changed|unchanged)$/.exec(name) ?? [];
  if (model === undefined) return own ?? name;
  const word = tally === 'created' || tally === 'changed' ? m.history.tallies[tally] : m.history.tallies.unchanged;
  return `${kindNamePlural(m, model)}, ${word}`;
}

function pageFieldName(m: Messages, name: string): string {
  if (name === 'title' || name === 'url') return m.fields[name].label;
  return name === 'contents' ? m.pages.contents : name;
}

/** A value as a text for people. */
export function valueText(m: Messages, name: string, value: HistoryValues[string]): string {
  if (typeof value === 'boolean') return value ? m.common.yes : m.common.no;
  if (typeof value === 'number') return m.number(value);
  if (typeof value !== 'string') return value.join(', ');
  const role = Object.entries(m.frame.roles).find(([known]) => known === value)?.[1];
  return name === 'role' ? (role ?? value) : value;
}
