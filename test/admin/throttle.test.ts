/** Guessing passwords: what an answer tells, how many may be tried, and what trying costs. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { listHistory } from '../../src/store/history.ts';
import { admitAttempt, forgiveAttempt, takeFromBudget, throttleKeys } from '../../src/store/throttle.ts';
import { findUser } from '../../src/store/users.ts';
import { PBKDF2_ITERATIONS_MAX } from '../../src/web/passwords.ts';
import { createUsers, openVisitor, PASSWORD, type Visitor } from '../help/admin.ts';
import { createTestDatabase, DIALECTS, type TestDatabase } from '../help/databases.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { addUser, forgetAttempts } from '../help/users.ts';

const DUMP = join(import.meta.dirname, '..', 'help', 'dumps', 'django_dump_pk.json');

const guess = (visitor: Visitor, username: string, password = 'a wrong password') =>
  visitor.post('/admin/login/', { username, password });

/** A page without what is random in it, and without the name that was typed. */
async function bodyOf(answer: Response, username: string): Promise<string> {
  return (await answer.text())
    .replaceAll(/[\w-]{22}\.\d+\.[\w-]{43}/g, 'TOKEN')
    .replaceAll(`value="${username}"`, 'NAME');
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

describe('a wrong password and an unknown user', () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub('sqlite', { fixtures: [DUMP] });
    await addUser(hub.database, 'viewer', 'viewer');
  });
  beforeEach(() => forgetAttempts(hub.database));
  afterAll(() => hub.stop());

  test('are answered alike, also when they are tried too often', async () => {
    const visitor = await openVisitor(hub);
    for (let attempt = 1; attempt <= 8; attempt++) {
      const answers = [];
      for (const name of ['viewer', 'nobody']) {
        const answer = await guess(visitor, name);
        answers.push([answer.status, await bodyOf(answer, name), answer.headers.get('retry-after')]);
      }
      expect(answers[0]?.[0]).toBe(attempt <= 5 ? 422 : 429);
      expect(answers[0]?.[0]).toBe(answers[1]?.[0]);
      if (attempt <= 5) expect(answers[0]).toEqual(answers[1]);
    }
  });

  test('take the same time, with a hash of ours and with Django’s', async () => {
    const visitor = await openVisitor(hub);
    const times: Record<string, number[]> = { viewer: [], editor: [], nobody: [] };
    for (let round = 0; round < 5; round++) {
      for (const [name, measured] of Object.entries(times)) {
        const began = performance.now();
        await guess(visitor, name);
        measured.push(performance.now() - began);
      }
      await forgetAttempts(hub.database);
    }
    const [ours = 0, django = 0, unknown = 0] = Object.values(times).map(median);
    expect(Math.abs(ours - unknown)).toBeLessThan(unknown / 3);
    expect(Math.abs(django - unknown)).toBeLessThan(unknown / 3);
  });

  test.each([
    'with\0nul',
    'x'.repeat(100_000),
    '😀'.repeat(200),
    '\ud800',
    '',
    '__proto__',
    `'; drop table auth_user; --`,
  ])('as for the name %j', async (name) => {
    const answer = await guess(await openVisitor(hub), name);
    expect(answer.status).toBe(422);
    const [entry] = await listHistory(hub.database, { label: 'auth.user', limit: 1 });
    expect(entry?.action).toBe('login_failed');
    expect(entry?.title.length).toBeLessThanOrEqual(600);
  });

  test('a password of 4,097 characters is wrong, and one of 4,096 is compared', async () => {
    const visitor = await openVisitor(hub);
    for (const length of [4096, 4097]) expect((await guess(visitor, 'viewer', 'ж'.repeat(length))).status).toBe(422);
  });
});

test('an unknown user takes as long as one whose hash takes longer than a failure is held back', async () => {
  const hub = await startTestHub('sqlite');
  const visitor = await openVisitor(hub);
  const timeOf = async (name: string) => {
    const began = performance.now();
    expect((await guess(visitor, name)).status).toBe(422);
    return performance.now() - began;
  };
  const id = await addUser(hub.database, 'slow', 'viewer');
  const hash = `pbkdf2_sha256$${PBKDF2_ITERATIONS_MAX}$salt$${Buffer.alloc(32).toString('base64')}`;
  await hub.database.tx((tx) => tx.rows(sql`update ${tx.tables.user} set password = ${hash} where id = ${id}`));

  const times: Record<string, number[]> = { slow: [], nobody: [], 'somebody else': [] };
  for (let round = 0; round < 2; round++) {
    await forgetAttempts(hub.database);
    for (const [name, measured] of Object.entries(times)) measured.push(await timeOf(name));
  }
  const [known = 0, ...unknown] = Object.values(times).map((measured) => Math.min(...measured));
  for (const time of unknown) expect(Math.abs(time - known)).toBeLessThan(known / 3);
  await hub.stop();
}, 60_000);

describe('Django’s users', () => {
  test('log in with their old passwords, which are then hashed as ours', async () => {
    const hub = await startTestHub('sqlite', { fixtures: [DUMP] });
    const hashOf = async () => (await findUser(hub.database, 'editor'))?.password ?? '';
    expect(await hashOf()).toStartWith('pbkdf2_sha256$');
    for (const _ of ['with the old hash', 'with the new one']) {
      expect((await guess(await openVisitor(hub), 'editor', PASSWORD)).status).toBe(303);
      expect(await hashOf()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,/);
    }
    await hub.stop();
  });
});

describe.each(DIALECTS)('attempts (%s)', (dialect) => {
  let hub: TestHub;
  let second: TestHub;
  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
    second = await startSecond(hub);
  });
  beforeEach(() => forgetAttempts(hub.database));
  afterAll(async () => {
    await second.stop();
    await hub.stop();
  });

  async function startSecond({ database }: TestHub): Promise<TestHub> {
    const [row] =
      dialect === 'sqlite'
        ? await database.rows(sql`select 'sqlite:' || file as url from pragma_database_list where name = 'main'`)
        : await database.rows(
            sql`select 'postgres://postgres@127.0.0.1:' || inet_server_port() || '/' || current_database() as url`,
          );
    return startTestHub(dialect, { settings: { DATABASE_URL: String(row?.url) } });
  }

  /** The first block is a second long: on a busy machine over before it is looked at. */
  const prolongBlocks = () =>
    hub.database.tx((tx) => {
      const { throttle } = tx.tables;
      const until = sql.param(new Date(Date.now() + 60_000), throttle.blocked_until);
      return tx.rows(sql`
        update ${throttle} set blocked_until = ${until}
        where blocked_until > failed_at and key = 'account:editor'`);
    });

  test('of one account are blocked for longer and longer, on each hub of the database', async () => {
    const here = await openVisitor(hub);
    const there = await openVisitor(second);
    for (let round = 0; round < 3; round++) {
      await guess(here, 'editor');
      await guess(there, 'editor');
    }
    await prolongBlocks();
    for (const visitor of [here, there]) {
      // Not even the right password is looked at.
      const answer = await guess(visitor, 'editor', PASSWORD);
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    const third = await startSecond(hub);
    expect((await guess(await openVisitor(third), 'editor', PASSWORD)).status).toBe(429);
    await third.stop();
    // Another account of the same address is not.
    expect((await guess(here, 'viewer', PASSWORD)).status).toBe(303);
  });

  test('that come all at once do not slip in', async () => {
    const visitor = await openVisitor(hub);
    const answers = await Promise.all(Array.from({ length: 30 }, () => guess(visitor, 'editor')));
    const refusedAtOnce = answers.filter(({ status }) => status === 429);
    expect(refusedAtOnce.length).toBeGreaterThanOrEqual(24);
    const failures = await hub.database.rows(sql`
      select failures from ${hub.database.tables.throttle} where key = 'account:editor'`);
    expect(Number(failures[0]?.failures)).toBeLessThanOrEqual(6);
  });
});

describe.each(DIALECTS)('the throttle (%s)', (dialect) => {
  let target: TestDatabase;
  const NOW = Date.parse('2026-01-01T00:00:00Z');
  beforeAll(async () => {
    target = await createTestDatabase(dialect);
  });
  beforeEach(() => forgetAttempts(target.database));
  afterAll(() => target.drop());

  const admit = (keys: readonly string[], now: number) => target.database.tx((tx) => admitAttempt(tx, keys, now));

  async function blocksOf(keys: readonly string[], attempts: number): Promise<number[]> {
    const blocks: number[] = [];
    let now = NOW;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const { blockMs } = await admit(keys, now);
      blocks.push(blockMs);
      now += blockMs;
    }
    return blocks;
  }

  test('doubles the block of an account after five failures, up to a quarter of an hour', async () => {
    const blocks = await blocksOf(['account:a'], 18);
    expect(blocks.slice(0, 9)).toEqual([0, 0, 0, 0, 0, 1000, 2000, 4000, 8000]);
    expect(blocks.at(-1)).toBe(15 * 60 * 1000);
  });

  test('lets an address try twenty times', async () => {
    const blocks = await blocksOf(throttleKeys('', '10.0.0.1').slice(1), 22);
    expect(blocks.filter((block) => block === 0)).toHaveLength(20);
    expect(blocks.slice(20)).toEqual([1000, 2000]);
  });

  test('takes the addresses of one IPv6 network for one, and no two of IPv4', () => {
    const key = (address: string) => throttleKeys('a', address)[1];
    expect(key('2001:db8:1:2::1')).toBe(key('2001:db8:1:2:ffff:1:2:3'));
    expect(key('2001:DB8:1:2:0:0:0:9')).toBe(key('2001:db8:1:2::'));
    expect(key('2001:db8:1:3::1')).not.toBe(key('2001:db8:1:2::1'));
    expect(key('::1')).not.toBe(key('1::'));
    expect(key('10.0.0.1')).not.toBe(key('10.0.0.2'));
    expect(key('::ffff:10.0.0.1')).toBe(key('10.0.0.1'));
  });

  test('forgets an account that logged in, and of its address that one attempt', async () => {
    const keys = throttleKeys('a', '10.0.0.1');
    for (let attempt = 0; attempt < 3; attempt++) await admit(keys, NOW);
    await target.database.tx((tx) => forgiveAttempt(tx, keys, NOW));
    const rows = await target.database.rows(sql`select key, failures from ${target.database.tables.throttle}`);
    expect(rows.map((row) => [row.key, Number(row.failures)])).toEqual([['address:10.0.0.1', 2]]);
  });

  test('forgets everything after a day without a failure', async () => {
    await blocksOf(['account:a'], 8);
    expect((await admit(['account:a'], NOW + 25 * 3600 * 1000)).blockMs).toBe(0);
  });

  test('stores nothing for attempts that are blocked', async () => {
    for (let attempt = 0; attempt < 21; attempt++) await admit(throttleKeys('a', '10.0.0.1').slice(1), NOW);
    for (let name = 0; name < 50; name++) await admit(throttleKeys(`name${name}`, '10.0.0.1'), NOW);
    expect(await target.database.rows(sql`select key from ${target.database.tables.throttle}`)).toHaveLength(1);
  });

  test('lets history have so many failures an hour', async () => {
    const take = (now: number) => target.database.tx((tx) => takeFromBudget(tx, 'x', 3, now));
    const taken = [];
    for (let turn = 0; turn < 5; turn++) taken.push(await take(NOW + turn));
    expect(taken).toEqual([true, true, true, false, false]);
    expect(await take(NOW + 3_600_001)).toBe(true);
    expect(await take(NOW + 3_600_002)).toBe(true);
  });
});
