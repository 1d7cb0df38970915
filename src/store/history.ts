/**
 * History: who changed what, when, from what and to what, written in the transaction of the change itself. The stores
 * call it, so that no way in (admin, command line, fixtures) can leave it out. Counters are not history.
 */
import { type SQL, sql } from 'drizzle-orm';
import type { Connection, Row } from '../db/connection.ts';
import { toDate, toInteger, toText } from '../db/rows.ts';
import { findSubstring, moment, valuesTable } from '../db/sql.ts';
import { formatValues, parseValues, type StoredValues } from './history_json.ts';

/** The ways in. */
export type Via = 'admin' | 'command' | 'fixture';

/** Who is behind a change, as far as the program knows. */
export interface Actor {
  readonly via: Via;
  /** The user's id; a command has none. */
  readonly id: number | undefined;
  readonly name: string;
  /** The address the request came from, '' without one. */
  readonly address: string;
}

/** Who runs a command. @param name the command's name, and of a fixture also the file's */
export function commandActor(name: string, via: Via = 'command'): Actor {
  return { via, id: undefined, name, address: '' };
}

export const ACTIONS = [
  ...(['create', 'update', 'delete', 'load'] as const),
  ...(['login', 'logout', 'login_failed', 'denied', 'password', 'reset_link'] as const),
  ...(['retry_dead', 'discard_views', 'apply_orphans', 'discard_orphans'] as const),
];
export type Action = (typeof ACTIONS)[number];

/** Values of an object by field; a page's contents are one field, a list of `label:id`. */
export type HistoryValues = StoredValues;

/** One change. Values that are equal before and after may be left out of both. */
export interface Change {
  readonly action: Action;
  /** A content model's label, `pages.page` or `auth.user`; '' when the hub as a whole is meant. */
  readonly label: string;
  readonly id: number | undefined;
  /** The object's name at that moment. */
  readonly title: string;
  readonly before?: HistoryValues | undefined;
  readonly after?: HistoryValues | undefined;
}

export interface HistoryEntry extends Change {
  readonly entry: number;
  readonly at: Date;
  readonly actor: Actor;
}

/** Characters of a name or title that are kept: what a stranger sends as a user name may be of any length. */
const NAME_CHARACTERS_MAX = 300;
/** What differs between entries that are written at once. */
const ENTRY = {
  actor_id: 'bigint',
  action: 'text',
  label: 'text',
  object_id: 'bigint',
  title: 'text',
  before: 'text',
  after: 'text',
} as const;
const ROWS_PER_STATEMENT = 500;
const REMOVED_AT_ONCE_MAX = 10_000;

/** Writes changes of one actor, in the transaction that makes them. */
export async function recordHistory(tx: Connection, actor: Actor, changes: readonly Change[]): Promise<void> {
  const { dialect, tables } = tx;
  const at = moment(dialect, new Date());
  for (let start = 0; start < changes.length; start += ROWS_PER_STATEMENT) {
    const rows = changes
      .slice(start, start + ROWS_PER_STATEMENT)
      .map(({ action, label, id, title, before, after }) => [
        ...[actor.id ?? null, action, label, id ?? null, cut(title)],
        ...[before ? formatValues(before) : null, after ? formatValues(after) : null],
      ]);
    await tx.rows(sql`
      insert into ${tables.history} (at, via, actor_id, actor, address, action, label, object_id, title, "before", "after")
      select ${at}, ${actor.via}, v.actor_id, ${cut(actor.name)}, ${actor.address},
        v.action, v.label, v.object_id, v.title, v."before", v."after"
      from ${valuesTable(dialect, ENTRY, rows)}`);
  }
}

/** A name as every database takes it, and no longer than is kept. */
function cut(name: string): string {
  const text = toStorable(name);
  return text.length <= NAME_CHARACTERS_MAX ? text : [...text].slice(0, NAME_CHARACTERS_MAX).join('');
}

/** A name as every database takes it. */
function toStorable(name: string): string {
  return name.toWellFormed().replaceAll('\0', '\ufffd');
}

/** What to list. */
export interface HistoryFilter {
  readonly label?: string | undefined;
  readonly id?: number | undefined;
  /** Only entries about one of these. */
  readonly labels?: readonly string[] | undefined;
  readonly action?: Action | undefined;
  /** The beginning of an actor's name, as it is written; no character is special. */
  readonly actor?: string | undefined;
  /** Only entries before this one, for paging, and after that one. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
}

/** Entries, newest first; one more than `limit` when there are more. */
export async function listHistory(connection: Connection, filter: HistoryFilter): Promise<HistoryEntry[]> {
  const { history } = connection.tables;
  const conditions: SQL[] = [];
  if (filter.label !== undefined) conditions.push(sql`label = ${filter.label}`);
  if (filter.id !== undefined) conditions.push(sql`object_id = ${filter.id}`);
  if (filter.labels !== undefined) conditions.push(sql`label in ${[...filter.labels]}`);
  if (filter.action !== undefined) conditions.push(sql`action = ${filter.action}`);
  if (filter.actor !== undefined) {
    conditions.push(sql`${findSubstring(connection.dialect, sql`actor`, toStorable(filter.actor))} = 1`);
  }
  if (filter.before !== undefined) conditions.push(sql`id < ${filter.before}`);
  if (filter.after !== undefined) conditions.push(sql`id > ${filter.after}`);
  const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
  const rows = await connection.rows(sql`select * from ${history} ${where} order by id desc limit ${filter.limit + 1}`);
  return rows.map(toEntry);
}

/** One entry, or undefined. */
export async function findHistoryEntry(connection: Connection, entry: number): Promise<HistoryEntry | undefined> {
  const [row] = await connection.rows(sql`select * from ${connection.tables.history} where id = ${entry}`);
  return row && toEntry(row);
}

/** Removes entries from before `time`, at most a bounded number at a time: the schedule comes again. */
export async function removeOldHistory(tx: Connection, time: Date): Promise<void> {
  const { history } = tx.tables;
  await tx.rows(sql`
    delete from ${history} where id in (
      select id from ${history} where at < ${sql.param(time, history.at)} order by at limit ${REMOVED_AT_ONCE_MAX})`);
}

function toEntry(row: Row): HistoryEntry {
  const via = toText(row.via);
  const action = toText(row.action);
  return {
    entry: toInteger(row.id),
    at: toDate(row.at),
    actor: {
      via: via === 'admin' || via === 'fixture' ? via : 'command',
      id: row.actor_id === null ? undefined : toInteger(row.actor_id),
      name: toText(row.actor),
      address: toText(row.address),
    },
    action: ACTIONS.find((known) => known === action) ?? 'update',
    label: toText(row.label),
    id: row.object_id === null ? undefined : toInteger(row.object_id),
    title: toText(row.title),
    before: row.before === null ? undefined : parseValues(toText(row.before)),
    after: row.after === null ? undefined : parseValues(toText(row.after)),
  };
}

/** The fields whose values differ, for a change that leaves most of an object as it was. */
export function differences(
  before: HistoryValues,
  after: HistoryValues,
): { readonly before: HistoryValues; readonly after: HistoryValues } | undefined {
  const names = Object.keys({ ...before, ...after }).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  if (names.length === 0) return undefined;
  const pick = (values: HistoryValues) =>
    Object.fromEntries(names.flatMap((name) => (name in values ? [[name, values[name] ?? '']] : [])));
  return { before: pick(before), after: pick(after) };
}
