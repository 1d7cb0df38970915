/** Who is logged in. A session is named by the SHA-256 of its token; the token itself is in the browser alone. */
import { sql } from 'drizzle-orm';
import type { Connection } from '../db/connection.ts';
import { toDate, toText } from '../db/rows.ts';
import { findViewerGroup, toUser, type User } from './roles.ts';

/** A session without a request for this long is over. */
export const SESSION_IDLE_MS = 12 * 3600 * 1000;
/** A session older than this is over, however busy. */
export const SESSION_LIFE_MS = 14 * 24 * 3600 * 1000;
/** A session's last use is written down this often. */
const SEEN_INTERVAL_MS = 60_000;
const REMOVED_AT_ONCE_MAX = 10_000;
export const SESSIONS_LISTED_MAX = 50;

export interface Session {
  readonly tokenHash: string;
  readonly user: User;
  /** True when its last use should be written down. */
  readonly isDue: boolean;
}

/** Stores a new session. */
export async function createSession(tx: Connection, tokenHash: string, user: number, address: string): Promise<void> {
  const { session } = tx.tables;
  const now = sql.param(new Date(), session.created_at);
  await tx.rows(sql`
    insert into ${session} (token_hash, user_id, created_at, seen_at, address)
    values (${tokenHash}, ${user}, ${now}, ${now}, ${address})`);
}

/** The session and its user as they are now, or undefined when it is over, or the user may not be here any more. */
export async function findSession(
  connection: Connection,
  tokenHash: string,
  now = Date.now(),
): Promise<Session | undefined> {
  const { session, user } = connection.tables;
  const [row] = await connection.rows(sql`
    select u.*, s.created_at as session_created_at, s.seen_at as session_seen_at
    from ${session} s join ${user} u on u.id = s.user_id where s.token_hash = ${tokenHash}`);
  if (row === undefined) return undefined;
  const seenAt = toDate(row.session_seen_at).getTime();
  if (now - seenAt > SESSION_IDLE_MS || now - toDate(row.session_created_at).getTime() > SESSION_LIFE_MS) {
    return undefined;
  }
  const found = toUser(row, await findViewerGroup(connection));
  if (!found.isActive || found.role === 'none') return undefined;
  return { tokenHash, user: found, isDue: now - seenAt > SEEN_INTERVAL_MS };
}

/** A session as its user sees it. */
export interface SessionEntry {
  readonly tokenHash: string;
  readonly address: string;
  readonly createdAt: Date;
  readonly seenAt: Date;
}

/** The sessions of a user that are not over, the last used first; at most `SESSIONS_LISTED_MAX`. */
export async function listSessionsOf(connection: Connection, user: number, now = Date.now()): Promise<SessionEntry[]> {
  const { session } = connection.tables;
  const rows = await connection.rows(sql`
    select token_hash, address, created_at, seen_at from ${session}
    where user_id = ${user} and seen_at >= ${sql.param(new Date(now - SESSION_IDLE_MS), session.seen_at)}
      and created_at >= ${sql.param(new Date(now - SESSION_LIFE_MS), session.created_at)}
    order by seen_at desc, token_hash limit ${SESSIONS_LISTED_MAX}`);
  return rows.map((row) => ({
    tokenHash: toText(row.token_hash),
    address: toText(row.address),
    createdAt: toDate(row.created_at),
    seenAt: toDate(row.seen_at),
  }));
}

/** Writes down that a session was used. */
export async function touchSession(tx: Connection, tokenHash: string): Promise<void> {
  const { session } = tx.tables;
  await tx.rows(sql`
    update ${session} set seen_at = ${sql.param(new Date(), session.seen_at)} where token_hash = ${tokenHash}`);
}

/** Ends a session. */
export async function removeSession(tx: Connection, tokenHash: string): Promise<void> {
  await tx.rows(sql`delete from ${tx.tables.session} where token_hash = ${tokenHash}`);
}

/** Ends every session of a user but the one to keep. */
export async function removeSessionsOf(tx: Connection, user: number, kept = ''): Promise<void> {
  await tx.rows(sql`delete from ${tx.tables.session} where user_id = ${user} and token_hash <> ${kept}`);
}

/** Removes sessions that are over, at most a bounded number at a time: the schedule comes again. */
export async function removeOldSessions(tx: Connection, now = Date.now()): Promise<void> {
  const { session } = tx.tables;
  const idle = sql.param(new Date(now - SESSION_IDLE_MS), session.seen_at);
  const old = sql.param(new Date(now - SESSION_LIFE_MS), session.created_at);
  await tx.rows(sql`
    delete from ${session} where token_hash in (
      select token_hash from ${session} where seen_at < ${idle} or created_at < ${old} limit ${REMOVED_AT_ONCE_MAX})`);
}
