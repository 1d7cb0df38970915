import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import type { Database } from '../../src/db/connection.ts';
import { openDatabase } from '../../src/db/open.ts';
import { toInteger } from '../../src/db/rows.ts';
import { AppError } from '../../src/errors.ts';
import { openEmbeddedRecorder } from '../../src/impressions/embedded.ts';
import type { PageViews } from '../../src/impressions/gather.ts';
import type { Recorder } from '../../src/impressions/record.ts';
import { createLog } from '../../src/log.ts';
import { createContent } from '../../src/store/contents.ts';
import { TESTER } from '../help/actor.ts';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';

const FILM = { title: 'Film', file_url: 'https://example.org/film.mp4' };

/** What the next transactions do: nothing unusual, fail before anything is sent, or commit and lose the reply. */
type Fault = 'before' | 'reply lost' | 'hang';

/** The database, with faults put between it and the recorder. */
function withFaults(database: Database, faults: Fault[]): Database {
  return {
    ...database,
    async tx(work, options) {
      const fault = faults.shift();
      if (fault === 'hang') return new Promise(() => {});
      if (fault === 'before') {
        return database.tx(async (tx) => {
          await work(tx);
          throw new AppError('unavailable', 'the connection was lost before COMMIT');
        }, options);
      }
      const result = await database.tx(work, options);
      if (fault === 'reply lost') throw new AppError('unavailable', 'the connection was lost after COMMIT');
      return result;
    },
  };
}

describe.each(DIALECTS)('recording views on %s', (dialect) => {
  let opened: TestDatabase;
  let films: number[];
  let text: number;
  let page: PageViews;
  let lines: string;
  const log = createLog('debug', 'json', (line) => {
    lines += line;
  });
  const recorders: Recorder[] = [];

  beforeEach(async () => {
    lines = '';
    opened = await createTestDatabase(dialect);
    await opened.database.tx(async (tx) => {
      films = [await createContent(tx, TESTER, video, FILM), await createContent(tx, TESTER, video, FILM)];
      text = await createContent(tx, TESTER, audio, { title: 'Text', text: 'Text' });
    });
    page = [
      { label: video.label, ids: films },
      { label: audio.label, ids: [text] },
    ];
  });
  afterEach(async () => {
    for (const recorder of recorders.splice(0)) await recorder.stop(2000);
    await opened.drop();
  });

  function open(database: Database, options: { pushMs?: number; heldIdsMax?: number } = {}): Recorder {
    const recorder = openEmbeddedRecorder(database, log, { pushMs: 5, batchRows: 1000, ...options });
    recorders.push(recorder);
    return recorder;
  }
  async function counters(): Promise<number[]> {
    const rows = await opened.database.rows(
      sql`select id, counter, 0 as kind from pages_videocontent union all select id, counter, 1 from pages_audiocontent order by kind, id`,
    );
    return rows.map((row) => toInteger(row.counter));
  }
  async function viewsTotal(): Promise<number> {
    const rows = await opened.database.rows(sql`select views_total from impression_ledger`);
    return rows.reduce((sum, row) => sum + toInteger(row.views_total), 0);
  }

  test('counts each content of each opening, in one transaction for all models', async () => {
    let transactions = 0;
    const counted: Database = {
      ...opened.database,
      tx(work, options) {
        if (options?.durability === 'relaxed') transactions += 1;
        return opened.database.tx(work, options);
      },
    };
    const recorder = open(counted, { pushMs: 30 });
    for (let n = 0; n < 50; n++) recorder.record(page);
    recorder.record([{ label: video.label, ids: [films[1] ?? 0] }]);
    recorder.record([]);
    expect(recorder.state()).toMatchObject({ recorded: 151, stored: 0, pending: 151, failing: false });
    await eventually(() => expect(recorder.state().pending).toBe(0));
    expect(await counters()).toEqual([50, 51, 50]);
    expect(transactions).toBe(1);
    expect(await viewsTotal()).toBe(151);
  });

  test('what is recorded while a batch is being stored is stored after it', async () => {
    const recorder = open(opened.database, { pushMs: 1 });
    for (let n = 0; n < 300; n++) {
      recorder.record(page);
      if (n % 3 === 0) await Bun.sleep(1);
    }
    expect(await recorder.stop(5000)).toBe(0);
    expect(await counters()).toEqual([300, 300, 300]);
  });

  test('a transaction that failed, or whose COMMIT got no reply, counts once in the end', async () => {
    const faults: Fault[] = ['reply lost', 'before', 'before', 'reply lost', 'reply lost'];
    const recorder = open(withFaults(opened.database, faults));
    for (let n = 1; n <= 20; n++) {
      recorder.record(page);
      await Bun.sleep(5);
    }
    await eventually(
      () => expect(recorder.state()).toMatchObject({ recorded: 60, stored: 60, pending: 0, failing: false }),
      15_000,
    );
    expect(faults).toEqual([]);
    expect(await counters()).toEqual([20, 20, 20]);
    expect(await viewsTotal()).toBe(60);
    expect(lines).toContain('views wait: they could not be stored');
    expect(lines).toContain('views are stored again');
  });

  test('recording neither waits nor throws while the database hangs; what does not fit is dropped and counted', async () => {
    const recorder = open(withFaults(opened.database, ['hang', 'hang']), { pushMs: 1, heldIdsMax: 10 });
    recorder.record(page);
    await Bun.sleep(20);
    const began = performance.now();
    for (let n = 0; n < 1000; n++) recorder.record(page);
    // The same contents under keys of their own (the page was read again) take no more room.
    for (let n = 0; n < 1000; n++) recorder.record(page.map(({ label, ids }) => ({ label, ids: [...ids] })));
    expect(recorder.state()).toMatchObject({ pending: 3 + 6000, dropped: { full: 0 } });
    for (let n = 0; n < 10; n++) recorder.record([{ label: video.label, ids: [1000 + n] }]);
    expect(performance.now() - began).toBeLessThan(1000);
    const { pending, dropped } = recorder.state();
    expect([pending + dropped.full, dropped.full]).toEqual([6013, 6]);
    expect(lines.match(/views dropped/g)).toHaveLength(1);
    expect(await recorder.stop(100)).toBe(6007);
  });

  test('a backlog of any number of views on few contents leaves room for others', async () => {
    const faults: Fault[] = ['hang'];
    const recorder = open(withFaults(opened.database, faults), { pushMs: 1, heldIdsMax: 10 });
    for (let n = 0; n < 100; n++) recorder.record(page);
    await Bun.sleep(20);
    recorder.record([{ label: video.label, ids: [1, 2, 3, 4] }]);
    expect(recorder.state().dropped.full).toBe(0);
  });

  test('a stop stores everything, at once also between two tries, and may be asked for twice', async () => {
    const faults: Fault[] = ['before', 'before', 'before', 'before', 'before'];
    const recorder = open(withFaults(opened.database, faults), { pushMs: 1 });
    recorder.record(page);
    // Four failures: the next try would come 800 ms later.
    await eventually(() => expect(faults).toHaveLength(1), 5000);
    recorder.record(page);
    const began = performance.now();
    expect(await Promise.all([recorder.stop(5000), recorder.stop(5000)])).toEqual([0, 0]);
    expect(performance.now() - began).toBeLessThan(700);
    expect(await counters()).toEqual([2, 2, 2]);
    recorder.record(page);
    expect(recorder.state()).toMatchObject({ pending: 0, dropped: { stopping: 3 } });
    expect(await recorder.stop(5000)).toBe(0);
  });

  test('a stop while the database is away says within its deadline how much is left', async () => {
    for (const fault of ['before', 'hang'] as const) {
      const recorder = open(withFaults(opened.database, Array<Fault>(1000).fill(fault)), { pushMs: 1 });
      recorder.record(page);
      await Bun.sleep(10);
      recorder.record(page);
      const began = performance.now();
      expect(await recorder.stop(300)).toBe(6);
      expect(performance.now() - began).toBeLessThan(1000);
    }
  });

  test('two processes on one database add up', async () => {
    const other = openDatabase(opened.address);
    const both = [open(opened.database, { pushMs: 2 }), open(other, { pushMs: 3 })];
    for (let n = 0; n < 100; n++) {
      for (const recorder of both) recorder.record(page);
      await Bun.sleep(1);
    }
    expect(await Promise.all(both.map((recorder) => recorder.stop(5000)))).toEqual([0, 0]);
    await other.close();
    expect(await counters()).toEqual([200, 200, 200]);
    expect(await viewsTotal()).toBe(600);
  });
});
