/**
 * Attempts to log in, counted for each account and each address in the database: across processes and restarts. An
 * attempt is counted before its password is looked at, so that many at once do not all slip in; one that succeeds is
 * taken back. After a few failures each further one blocks for twice as long. A key is `account:<name>`,
 * `address:<network>`, `password:<id>` or `budget:<name>`, never more.
 */

import { sql } from 'drizzle-orm';
import { isIP } from '../addresses.ts';
import type { Connection } from '../db/connection.ts';
import { toDate, toInteger, toText } from '../db/rows.ts';
import { lockForEditing } from '../db/sql.ts';

/** Failures that cost nothing but the time of a hash. */
const FREE_FAILURES_MAX = 5;
/** An address may stand for a whole office. */
const FREE_FAILURES_OF_ADDRESS_MAX = 20;
const BLOCK_MS_MIN = 1000;
const BLOCK_MS_MAX = 15 * 60 * 1000;
/** Without a failure for this long, all is forgotten. */
export const THROTTLE_KEPT_MS = 24 * 3600 * 1000;
const NAME_CHARACTERS_MAX = 150;
const BUDGET_MS = 3600 * 1000;
const REMOVED_AT_ONCE_MAX = 10_000;

/** What a login is throttled by. Names that no database takes, or that are too long, are nobody's. */
export function throttleKeys(username: string, address: string): readonly string[] {
  return [accountKey(username), `address:${networkOf(address)}`];
}

/** What asking for the current password of somebody who has logged in is throttled by. */
export function passwordKeys(user: number): readonly string[] {
  return [`password:${user}`];
}

function accountKey(username: string): string {
  const name = username.toWellFormed().replaceAll('\0', '\ufffd');
  return `account:${[...name.slice(0, 2 * NAME_CHARACTERS_MAX)].slice(0, NAME_CHARACTERS_MAX).join('').toWellFormed()}`;
}

/** Whoever has one IPv6 address has the 2^64 of its network. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*/, '');
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail] = plain.split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = (tail ?? '').split(':').filter((group) => group !== '');
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  const groups = tail === undefined ? left : [...left, ...zeros, ...right];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}

/** Whether an attempt may be made. */
export interface Admission {
  readonly isAdmitted: boolean;
  /** Milliseconds until the next attempt: when this one may not be made, and when it fails. */
  readonly blockMs: number;
}

/** Counts an attempt for each key, unless one of them is blocked: then nothing is counted. */
export async function admitAttempt(tx: Connection, keys: readonly string[], now = Date.now()): Promise<Admission> {
  const blockMs = await findBlock(tx, keys, now);
  if (blockMs > 0) return { isAdmitted: false, blockMs };
  const counted = await lockKeys(tx, keys, now);
  const lockedMs = Math.max(...counted.map((row) => row.blockedUntil - now));
  // Somebody else was counted while this waited for the lock.
  if (lockedMs > 0) return { isAdmitted: false, blockMs: lockedMs };
  const { throttle } = tx.tables;
  let longest = 0;
  for (const { key, failures } of counted) {
    const block = blockMsFor(failures + 1, key);
    await tx.rows(sql`
      update ${throttle} set failures = ${failures + 1}, failed_at = ${sql.param(new Date(now), throttle.failed_at)},
        blocked_until = ${sql.param(new Date(now + block), throttle.blocked_until)}
      where key = ${key}`);
    longest = Math.max(longest, block);
  }
  return { isAdmitted: true, blockMs: longest };
}

/** Milliseconds until the next attempt is allowed; 0 when it is now. */
async function findBlock(connection: Connection, keys: readonly string[], now: number): Promise<number> {
  const { throttle } = connection.tables;
  const rows = await connection.rows(sql`select blocked_until from ${throttle} where key in ${[...keys]}`);
  return Math.max(0, ...rows.map((row) => toDate(row.blocked_until).getTime() - now));
}

interface Count {
  readonly key: string;
  readonly failures: number;
  readonly blockedUntil: number;
}

/** The counts as they are, locked in one order, so that two attempts do not wait for each other. */
async function lockKeys(tx: Connection, keys: readonly string[], now: number): Promise<Count[]> {
  const { throttle } = tx.tables;
  const at = sql.param(new Date(now), throttle.failed_at);
  const counts: Count[] = [];
  for (const key of [...keys].sort()) {
    await tx.rows(sql`
      insert into ${throttle} (key, failures, blocked_until, failed_at) values (${key}, 0, ${at}, ${at})
      on conflict (key) do nothing`);
    const rows = await tx.rows(sql`
      select key, failures, blocked_until, failed_at from ${throttle} where key = ${key} ${lockForEditing(tx.dialect)}`);
    for (const row of rows) {
      const isForgotten = now - toDate(row.failed_at).getTime() > THROTTLE_KEPT_MS;
      const failures = isForgotten ? 0 : toInteger(row.failures);
      counts.push({ key: toText(row.key), failures, blockedUntil: toDate(row.blocked_until).getTime() });
    }
  }
  return counts;
}

function blockMsFor(failures: number, key: string): number {
  const free = key.startsWith('address:') ? FREE_FAILURES_OF_ADDRESS_MAX : FREE_FAILURES_MAX;
  return failures <= free ? 0 : Math.min(BLOCK_MS_MIN * 2 ** (failures - free - 1), BLOCK_MS_MAX);
}

/**
 * Takes back an attempt that succeeded. The account's failures are forgotten; of those of the address only this one,
 * since it may try other accounts.
 */
export async function forgiveAttempt(tx: Connection, keys: readonly string[], now = Date.now()): Promise<void> {
  const { throttle } = tx.tables;
  const at = sql.param(new Date(now), throttle.blocked_until);
  for (const key of [...keys].sort()) {
    if (!key.startsWith('address:')) await tx.rows(sql`delete from ${throttle} where key = ${key}`);
    else {
      await tx.rows(sql`
        update ${throttle} set failures = failures - 1, blocked_until = ${at} where key = ${key} and failures > 0`);
    }
  }
}

/** Forgets the failures of an account that got a new password. */
export async function forgetFailures(tx: Connection, username: string): Promise<void> {
  await tx.rows(sql`delete from ${tx.tables.throttle} where key = ${accountKey(username)}`);
}

/** True for the first `max` calls for a name in an hour: for what strangers could otherwise make grow without end. */
export async function takeFromBudget(tx: Connection, name: string, max: number, now = Date.now()): Promise<boolean> {
  const { throttle } = tx.tables;
  const at = sql.param(new Date(now), throttle.failed_at);
  const end = sql.param(new Date(now + BUDGET_MS), throttle.blocked_until);
  const [row] = await tx.rows(sql`
    insert into ${throttle} (key, failures, blocked_until, failed_at) values (${`budget:${name}`}, 1, ${end}, ${at})
    on conflict (key) do update set failed_at = ${at},
      failures = case when ${throttle.blocked_until} <= ${at} then 1 else ${throttle.failures} + 1 end,
      blocked_until = case when ${throttle.blocked_until} <= ${at} then ${end} else ${throttle.blocked_until} end
    returning failures`);
  return toInteger(row?.failures) <= max;
}

/** Removes what is forgotten, at most a bounded number at a time: the schedule comes again. */
export async function removeOldFailures(tx: Connection, now = Date.now()): Promise<void> {
  const { throttle } = tx.tables;
  const time = sql.param(new Date(now - THROTTLE_KEPT_MS), throttle.failed_at);
  await tx.rows(sql`
    delete from ${throttle} where key in (
      select key from ${throttle} where failed_at < ${time} limit ${REMOVED_AT_ONCE_MAX})`);
}
