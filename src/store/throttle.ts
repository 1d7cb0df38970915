/**
 * Failed logins, counted for each account and each address in the database: across processes and restarts. After a few
 * failures each further one blocks for twice as long. A key is `account:<name>` or `address:<address>`, never more.
 */
import { sql } from 'drizzle-orm';
import type { Connection } from '../db/connection.ts';
import { toDate, toInteger } from '../db/rows.ts';
import { lockForEditing } from '../db/sql.ts';

/** Failures that cost nothing but the time of a hash. */
const FREE_FAILURES_MAX = 5;
/** An address may stand for a whole office. */
const FREE_FAILURES_OF_ADDRESS_MAX = 20;
const BLOCK_MS_MIN = 1000;
const BLOCK_MS_MAX = 15 * 60 * 1000;
/** Without a failure for this long, all is forgotten. */
export const THROTTLE_KEPT_MS = 24 * 3600 * 1000;
const REMOVED_AT_ONCE_MAX = 10_000;

/** What a login is throttled by. */
export function throttleKeys(username: string, address: string): readonly string[] {
  return [`account:${username}`, `address:${address}`];
}

/** Milliseconds until the next attempt is allowed; 0 when it is now. */
export async function findBlock(connection: Connection, keys: readonly string[], now = Date.now()): Promise<number> {
  const { throttle } = connection.tables;
  const rows = await connection.rows(sql`select blocked_until from ${throttle} where key in ${[...keys]}`);
  return Math.max(0, ...rows.map((row) => toDate(row.blocked_until).getTime() - now));
}

/** Counts a failure for each key. @returns for how long these are blocked now, in ms */
export async function recordFailure(tx: Connection, keys: readonly string[], now = Date.now()): Promise<number> {
  const { throttle } = tx.tables;
  const at = sql.param(new Date(now), throttle.failed_at);
  let longest = 0;
  // In one order, so that two failures of one account do not wait for each other.
  for (const key of [...keys].sort()) {
    await tx.rows(sql`
      insert into ${throttle} (key, failures, blocked_until, failed_at) values (${key}, 0, ${at}, ${at})
      on conflict (key) do nothing`);
    const [row] = await tx.rows(sql`
      select failures, failed_at from ${throttle} where key = ${key} ${lockForEditing(tx.dialect)}`);
    const isForgotten = now - toDate(row?.failed_at ?? new Date(now)).getTime() > THROTTLE_KEPT_MS;
    const failures = (isForgotten ? 0 : toInteger(row?.failures ?? 0)) + 1;
    const block = blockMs(failures, key);
    const until = sql.param(new Date(now + block), throttle.blocked_until);
    await tx.rows(sql`
      update ${throttle} set failures = ${failures}, blocked_until = ${until}, failed_at = ${at} where key = ${key}`);
    longest = Math.max(longest, block);
  }
  return longest;
}

function blockMs(failures: number, key: string): number {
  const free = key.startsWith('address:') ? FREE_FAILURES_OF_ADDRESS_MAX : FREE_FAILURES_MAX;
  return failures <= free ? 0 : Math.min(BLOCK_MS_MIN * 2 ** (failures - free - 1), BLOCK_MS_MAX);
}

/** Forgets the failures of an account that logged in. Those of the address stay: it may try other accounts. */
export async function clearFailures(tx: Connection, username: string): Promise<void> {
  await tx.rows(sql`delete from ${tx.tables.throttle} where key = ${`account:${username}`}`);
}

/** Removes what is forgotten, at most a bounded number at a time: the schedule comes again. */
export async function removeOldFailures(tx: Connection, now = Date.now()): Promise<void> {
  const { throttle } = tx.tables;
  const time = sql.param(new Date(now - THROTTLE_KEPT_MS), throttle.failed_at);
  await tx.rows(sql`
    delete from ${throttle} where key in (
      select key from ${throttle} where failed_at < ${time} limit ${REMOVED_AT_ONCE_MAX})`);
}
