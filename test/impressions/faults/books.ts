/** What must be true of every view, and where it is looked up. */
import { expect } from 'bun:test';
import { sql } from 'drizzle-orm';
import { findContentType } from '../../../src/contents/index.ts';
import type { Database } from '../../../src/db/connection.ts';
import { toInteger, toText } from '../../../src/db/rows.ts';
import { removeContent, tableOf } from '../../../src/store/contents.ts';
import { TESTER } from '../../help/actor.ts';
import { eventually } from '../../help/eventually.ts';
import type { TestRedis } from '../../help/redis.ts';
import { type Load, type Pages, readCounters, viewsOf } from '../load.ts';
import { WAIT_MS_MAX } from './limits.ts';

/** Views of each content, named `label:id`. */
export type Counts = ReadonlyMap<string, number>;

const KEYS_LEFT = ['labels', 'seq', 'source', 'progress', 'dead', 'dead:total'].map((name) => `views:${name}`);
const DEDUP_PREFIX = 'views:dedup:';

export interface ExactOptions {
  /** Views of jobs that were pushed beside the requests. */
  readonly pushed?: Counts;
  /** Which requests must have been counted; without it, all that were answered. */
  readonly isCertain?: (request: Load['sent'][number]) => boolean;
  /** Labels no content type claims: their counters stay in Redis. */
  readonly pending?: readonly string[];
}

export function createBooks({ database, redis, pages }: { database: Database; redis: TestRedis; pages: Pages }) {
  /** Counters that were set, and not counted: content → value. */
  const set = new Map<string, number>();
  /** Counters that went away with their content. */
  const removed = new Map<string, number>();

  async function keys(pattern: string): Promise<string[]> {
    const reply = await redis.command('KEYS', pattern);
    return Array.isArray(reply) ? reply.map(String).sort() : [];
  }

  /** Views that jobs in the dead list name, each job once. */
  async function readDead(): Promise<Map<string, number>> {
    const entries = await redis.command('LRANGE', 'views:dead', '0', '-1');
    const jobs = new Map<string, Counts>();
    for (const entry of Array.isArray(entries) ? entries : []) {
      const { job } = JSON.parse(String(entry)) as { job: string };
      try {
        const { id, views } = readJob(job);
        jobs.set(id, views);
      } catch {
        // Poison, or cut: it names no views.
      }
    }
    return sumCounts(jobs.values());
  }

  /** Orphans whose views are of a time that Redis came back to are held, and not known to be views of their own. */
  async function readOrphans(): Promise<Map<string, number>> {
    const rows = await database.rows(
      sql`select label, id, sum(n) as n from impression_orphans where reason <> 'rewound' group by label, id`,
    );
    return new Map(rows.map((row) => [`${toText(row.label)}:${toText(row.id)}`, toInteger(row.n)]));
  }

  async function readGrowth(): Promise<Map<string, number>> {
    const counters = await readCounters(database);
    for (const [content, value] of set) counters.set(content, (counters.get(content) ?? 0) - value);
    return sumCounts([counters, removed]);
  }

  async function readCounts(): Promise<Map<string, number>> {
    const [growth, orphans, dead] = await Promise.all([readGrowth(), readOrphans(), readDead()]);
    return sumCounts([growth, orphans, dead]);
  }

  async function drained(pending: readonly string[] = []): Promise<void> {
    const counters = pending.map((label) => `views:counter:${label}`);
    await eventually(async () => {
      // In the order in which views move on: what has passed one place cannot come back to it.
      const queued = await redis.command('LLEN', 'views:queue');
      const counted = (await keys('views:counter:*')).filter((key) => !counters.includes(key));
      const sealed = await keys('views:flush:*');
      const flushing = await redis.command('HKEYS', 'views:flushing');
      expect({ queued, counted, sealed, flushing }).toEqual({ queued: 0, counted: [], sealed: [], flushing: [] });
    }, WAIT_MS_MAX);
  }

  /** I3: no key is left that has no reason to be. */
  async function assertKeys(pending: readonly string[]): Promise<void> {
    const allowed = [...KEYS_LEFT, ...pending.map((label) => `views:counter:${label}`)];
    const left = (await keys('*')).filter((key) => !allowed.includes(key) && !key.startsWith(DEDUP_PREFIX));
    expect(left).toEqual([]);
  }

  /** I4: all that the ledger has taken in, by label, is in counters and orphans. */
  async function assertLedger(): Promise<void> {
    const [rows, growth, orphanRows] = await Promise.all([
      database.rows(sql`select label, sum(views_total) as n from impression_ledger group by label`),
      readGrowth(),
      database.rows(sql`select label, id, sum(n) as n from impression_orphans group by label, id`),
    ]);
    const taken = Object.fromEntries(rows.map((row) => [toText(row.label), toInteger(row.n)]));
    const orphans = new Map(orphanRows.map((row) => [`${toText(row.label)}:${toText(row.id)}`, toInteger(row.n)]));
    const counted: Record<string, number> = {};
    for (const [content, n] of sumCounts([growth, orphans])) {
      const [label = ''] = content.split(':');
      counted[label] = (counted[label] ?? 0) + n;
    }
    for (const label of Object.keys(counted)) if (counted[label] === 0 && !(label in taken)) delete counted[label];
    expect(counted).toEqual(taken);
  }

  async function assertKept(pending: readonly string[]): Promise<void> {
    await assertKeys(pending);
    await assertLedger();
  }

  return {
    /** The contents of the pages. */
    contents: [...new Set([...pages.values()].flat())],
    readCounts,
    drained,
    async assertExact(
      sent: Load['sent'],
      { pushed = new Map(), isCertain = () => true, pending = [] }: ExactOptions = {},
    ): Promise<void> {
      const answered = viewsOf(pages, sent, (request) => request.answeredAt !== undefined && isCertain(request));
      const possible = viewsOf(pages, sent, (request) => request.isRefused === undefined);
      const least = sumCounts([answered, pushed]);
      const most = sumCounts([possible, pushed]);
      // Views of the last answers may still be in their web.
      await eventually(async () => expect(listOutside(await readCounts(), least, undefined)).toEqual([]), WAIT_MS_MAX);
      await drained(pending);
      expect(listOutside(await readCounts(), least, most)).toEqual([]);
      await assertKept(pending);
    },
    async assertCounts(expected: Counts, { pending = [] }: Pick<ExactOptions, 'pending'> = {}): Promise<void> {
      await drained(pending);
      expect(listOutside(await readCounts(), expected, expected)).toEqual([]);
      await assertKept(pending);
    },
    async setCounter(content: string, value: number): Promise<void> {
      const { type, id } = readContent(content);
      const before = (await readCounters(database)).get(content) ?? 0;
      await database.tx((tx) =>
        tx.rows(sql`update ${tableOf(tx, type)} set counter = ${value} where id = ${id} returning id`),
      );
      set.set(content, (set.get(content) ?? 0) + value - before);
    },
    async removeContent(content: string): Promise<void> {
      const { type, id } = readContent(content);
      const counter = await database.tx(async (tx) => {
        const table = tableOf(tx, type);
        // Waits for a flush of this row, and keeps the next one out.
        const [row] = await tx.rows(sql`update ${table} set counter = counter where id = ${id} returning counter`);
        await removeContent(tx, TESTER, type, id);
        return toInteger(row?.counter);
      });
      removed.set(content, counter);
    },
  };
}

/** Views of contents that a job names. @throws Error for a text that is no job */
export function readJob(text: string): { readonly id: string; readonly views: ReadonlyMap<string, number> } {
  const { id, views } = JSON.parse(text) as { id: string; views: Record<string, Record<string, number>> };
  const counts = new Map<string, number>();
  for (const [label, ids] of Object.entries(views)) {
    for (const [content, n] of Object.entries(ids)) counts.set(`${label}:${content}`, n);
  }
  return { id, views: counts };
}

/** Adds up, content by content. */
export function sumCounts(all: Iterable<Counts>): Map<string, number> {
  const sum = new Map<string, number>();
  for (const counts of all) for (const [content, n] of counts) sum.set(content, (sum.get(content) ?? 0) + n);
  return sum;
}

function readContent(content: string) {
  const [label = '', id = ''] = content.split(':');
  const type = findContentType(label);
  if (type === undefined) throw new Error(`no content type ${label}`);
  return { type, id: Number(id) };
}

/** Contents that were counted less often than `least` or more often than `most`, by name. */
function listOutside(counts: Counts, least: Counts, most: Counts | undefined): unknown[] {
  const contents = new Set([...counts.keys(), ...least.keys(), ...(most?.keys() ?? [])]);
  return [...contents].flatMap((content) => {
    const counted = counts.get(content) ?? 0;
    const bounds = { least: least.get(content) ?? 0, most: most === undefined ? undefined : (most.get(content) ?? 0) };
    const isFine = counted >= bounds.least && counted <= (bounds.most ?? Number.POSITIVE_INFINITY);
    return isFine ? [] : [{ content, counted, ...bounds }];
  });
}
