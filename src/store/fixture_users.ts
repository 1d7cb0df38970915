/**
 * Users of a fixture, as history: told when all is loaded, because what a user may do depends on groups that may come
 * later. Passwords are never told, only that one was replaced.
 */
import { sql } from 'drizzle-orm';
import type { Connection, Row } from '../db/connection.ts';
import { toText } from '../db/rows.ts';
import { lockForEditing } from '../db/sql.ts';
import type { Tally } from './fixture_history.ts';
import { type Actor, type Change, differences, type HistoryValues, recordHistory } from './history.ts';
import { removeResetLinksOf } from './reset_links.ts';
import { findViewerGroup, toUser } from './roles.ts';
import { removeSessionsOf } from './sessions.ts';
import { USER_LABEL, userValues } from './users.ts';

/** A user before the load, or that there was none. */
export interface OverwrittenUser {
  readonly id: number;
  readonly before: { readonly values: HistoryValues; readonly password: string } | undefined;
}

/** Reads a user that is about to be overwritten, and locks it. */
export async function readOverwrittenUser(tx: Connection, id: number): Promise<OverwrittenUser> {
  const [row] = await tx.rows(sql`select * from ${tx.tables.user} where id = ${id} ${lockForEditing(tx.dialect)}`);
  return { id, before: row && (await describe(tx, row)) };
}

async function describe(tx: Connection, row: Row): Promise<NonNullable<OverwrittenUser['before']>> {
  const names = { first_name: toText(row.first_name), last_name: toText(row.last_name) };
  const user = toUser(row, await findViewerGroup(tx));
  return { values: { ...userValues(user), ...names }, password: toText(row.password) };
}

/** Writes into history what became of users. A new password ends the user's sessions and reset links, as it does everywhere. */
export async function recordUsers(tx: Connection, actor: Actor, users: readonly OverwrittenUser[]): Promise<Tally> {
  const tally: Tally = { created: 0, changed: 0, unchanged: 0 };
  for (const { id, before } of users) {
    const [row] = await tx.rows(sql`select * from ${tx.tables.user} where id = ${id}`);
    if (row === undefined) continue;
    const now = await describe(tx, row);
    const object = { label: USER_LABEL, id, title: toText(row.username) };
    const changes: Change[] = [];
    const difference = before && differences(before.values, now.values);
    if (before === undefined) changes.push({ action: 'create', ...object, after: now.values });
    if (difference !== undefined) changes.push({ action: 'update', ...object, ...difference });
    if (before !== undefined && before.password !== now.password) {
      changes.push({ action: 'password', ...object });
      await removeSessionsOf(tx, id);
      await removeResetLinksOf(tx, id);
    }
    tally[changes.length === 0 ? 'unchanged' : before === undefined ? 'created' : 'changed'] += 1;
    await recordHistory(tx, actor, changes);
  }
  return tally;
}
