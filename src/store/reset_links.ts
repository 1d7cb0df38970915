/** Links with which a user sets a new password, once, made by an admin. Of a token only the SHA-256 is stored. */
import { sql } from 'drizzle-orm';
import type { Connection } from '../db/connection.ts';
import { toInteger } from '../db/rows.ts';
import { type Actor, recordHistory } from './history.ts';
import { lockAdmins, USER_LABEL } from './users.ts';

export const RESET_LINK_LIFE_MS = 24 * 3600 * 1000;
const REMOVED_AT_ONCE_MAX = 10_000;

/**
 * Stores a link for a user; older ones of the same user end.
 * @returns until when it opens something
 * @throws AppError `forbidden` when the actor is no admin any more
 */
export async function createResetLink(
  tx: Connection,
  actor: Actor,
  user: { readonly id: number; readonly username: string },
  tokenHash: string,
): Promise<Date> {
  const { resetLink } = tx.tables;
  const expiresAt = new Date(Date.now() + RESET_LINK_LIFE_MS);
  await lockAdmins(tx, actor);
  await removeResetLinksOf(tx, user.id);
  await tx.rows(sql`
    insert into ${resetLink} (token_hash, user_id, expires_at) values (${tokenHash}, ${user.id}, ${sql.param(expiresAt, resetLink.expires_at)})`);
  await recordHistory(tx, actor, [{ action: 'reset_link', label: USER_LABEL, id: user.id, title: user.username }]);
  return expiresAt;
}

/** The user a link was made for, or undefined when it is used, expired or invented. */
export async function findResetLink(connection: Connection, tokenHash: string): Promise<number | undefined> {
  const { resetLink } = connection.tables;
  const now = sql.param(new Date(), resetLink.expires_at);
  const [row] = await connection.rows(sql`
    select user_id from ${resetLink} where token_hash = ${tokenHash} and expires_at > ${now}`);
  return row && toInteger(row.user_id);
}

/** Uses a link up. @returns its user, or undefined when it is used, expired or invented; of two at once one gets the user */
export async function takeResetLink(tx: Connection, tokenHash: string): Promise<number | undefined> {
  const { resetLink } = tx.tables;
  const now = sql.param(new Date(), resetLink.expires_at);
  const [row] = await tx.rows(sql`
    delete from ${resetLink} where token_hash = ${tokenHash} and expires_at > ${now} returning user_id`);
  return row && toInteger(row.user_id);
}

/** Ends the links of a user. */
export async function removeResetLinksOf(tx: Connection, user: number): Promise<void> {
  await tx.rows(sql`delete from ${tx.tables.resetLink} where user_id = ${user}`);
}

/** Removes links that have expired, at most a bounded number at a time: the schedule comes again. */
export async function removeOldResetLinks(tx: Connection): Promise<void> {
  const { resetLink } = tx.tables;
  const now = sql.param(new Date(), resetLink.expires_at);
  await tx.rows(sql`
    delete from ${resetLink} where token_hash in (
      select token_hash from ${resetLink} where expires_at <= ${now} limit ${REMOVED_AT_ONCE_MAX})`);
}
