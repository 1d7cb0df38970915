/** What commands leave in history. Fixtures have a suite of their own beside them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { video } from '../../src/contents/video.ts';
import { createContent } from '../../src/store/contents.ts';
import { commandActor as by, listHistory } from '../../src/store/history.ts';
import { TESTER } from '../help/actor.ts';
import { createInstallation, type Installation } from '../help/installation.ts';
import { runProgram, SOURCE } from '../help/program.ts';
import { openTerminal } from './terminal.ts';

const TEST_TIMEOUT_MS = 60_000;
const PASSWORD = 'a phrase nobody guesses 7';

let hubs: Installation;

beforeAll(async () => {
  hubs = await createInstallation();
}, TEST_TIMEOUT_MS);
afterEach(async () => {
  await hubs.reset();
  await hubs.database.tx((tx) => tx.rows(sql`delete from history_entry`));
});
afterAll(() => hubs.stop());

/** Runs a command that succeeds. @returns what it left, oldest first */
async function leftBy(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<readonly unknown[]> {
  const { code, stderr } = await hubs.run(args, settings);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return told();
}

async function told(): Promise<readonly unknown[]> {
  const entries = await listHistory(hubs.database, { limit: 100 });
  return entries.toReversed().map(({ actor, action, label, title, after }) => ({ actor, action, label, title, after }));
}

async function setAside(id: number, n: number): Promise<void> {
  const { orphan } = hubs.database.tables;
  await hubs.database.tx((tx) =>
    tx.rows(sql`
      insert into ${orphan} (source, label, batch_id, id, n, reason, created_at)
      values ('s', ${video.label}, 'b', ${String(id)}, ${n}, 'rewound', ${sql.param(new Date(), orphan.created_at)})`),
  );
}

describe('in history', () => {
  test('createsuperuser tells of the user, and changepassword of the change, neither of the password', async () => {
    const args = ['createsuperuser', '--noinput', '--username', 'ann', '--email', 'ann@example.org'];
    const user = { label: 'auth.user', title: 'ann' };
    expect(await leftBy(args, { CONTENTHUB_SUPERUSER_PASSWORD: PASSWORD })).toEqual([
      {
        ...{ actor: by('createsuperuser'), action: 'create', ...user },
        after: { username: 'ann', email: 'ann@example.org', role: 'admin', is_active: true },
      },
    ]);
    const terminal = openTerminal(['changepassword', 'ann'], { DATABASE_URL: hubs.settings.DATABASE_URL ?? '' });
    await terminal.answer('Password:', `${PASSWORD}!\r`);
    await terminal.answer('Password (again):', `${PASSWORD}!\r`);
    expect(await terminal.end()).toBe(0);
    expect((await told()).at(-1)).toEqual({
      actor: by('changepassword'),
      action: 'password',
      ...user,
      after: undefined,
    });
    expect(JSON.stringify(await hubs.database.rows(sql`select * from history_entry`))).not.toMatch(/argon2|phrase/);
  });

  test('shell tells of what the stores changed', async () => {
    const script = `await database.tx((tx) => contents.createContent(tx, types.audio, { title: 'A', text: 'B' }))`;
    const { code } = await runProgram(SOURCE, ['shell'], { settings: hubs.settings, stdin: script });
    expect(code).toBe(0);
    expect(await told()).toEqual([
      {
        ...{ actor: by('shell'), action: 'create', label: 'pages.audiocontent', title: 'A' },
        after: { title: 'A', text: 'B' },
      },
    ]);
  });

  test('impressions orphans tells how many views were added or thrown away, and nothing where there were none', async () => {
    expect(await leftBy(['impressions', 'orphans', 'apply'])).toEqual([]);
    expect(await leftBy(['impressions', 'orphans', 'discard'])).toEqual([]);
    const input = { title: 'Film', file_url: 'https://example.org/f.mp4' };
    await setAside(await hubs.database.tx((tx) => createContent(tx, TESTER, video, input)), 5);
    await setAside(987_654, 3);
    await hubs.database.tx((tx) => tx.rows(sql`delete from history_entry`));
    const actor = by('impressions');
    const applied = { actor, action: 'apply_orphans', label: '', title: '', after: { views: 5 } };
    expect(await leftBy(['impressions', 'orphans', 'apply'])).toEqual([applied]);
    const discarded = { actor, action: 'discard_orphans', label: video.label, title: '', after: { views: 3 } };
    expect(await leftBy(['impressions', 'orphans', 'discard', video.label])).toEqual([applied, discarded]);
  });

  test('impressions retry-dead and discard tell what they did in Redis', async () => {
    const { redis } = hubs;
    await redis.command('LPUSH', 'views:dead', JSON.stringify({ at: 1, reason: 'r', cut: false, job: 'j' }));
    const actor = by('impressions');
    const retried = { actor, action: 'retry_dead', label: '', title: '', after: { jobs: 1 } };
    expect(await leftBy(['impressions', 'retry-dead'])).toEqual([retried]);
    expect(await leftBy(['impressions', 'retry-dead'])).toEqual([retried]);
    await redis.command('HSET', 'views:counter:pages.quiz', '1', '5', '2', '6');
    const discarded = {
      actor,
      action: 'discard_views',
      label: 'pages.quiz',
      title: '',
      after: { pending: 2, sealed: 0 },
    };
    expect(await leftBy(['impressions', 'discard', 'pages.quiz'])).toEqual([retried, discarded]);
  });
});
