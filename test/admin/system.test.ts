import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import { createContent, findContent } from '../../src/store/contents.ts';
import { listHistory } from '../../src/store/history.ts';
import { applyBatch, holdBatch } from '../../src/store/impressions.ts';
import { sumOrphans } from '../../src/store/orphans.ts';
import { TESTER } from '../help/actor.ts';
import { createUsers, logIn, type Visitor } from '../help/admin.ts';
import { DIALECTS } from '../help/databases.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { startRedis, type TestRedis } from '../help/redis.ts';

const PATH = '/admin/system/';
/** Longer than any question to a Redis that is away may take, and shorter than a person waits. */
const QUICK_MS = 3000;
const dead = (job: string, cut = false) => JSON.stringify({ at: 1, reason: 'r', cut, job });

/** The last thing that history knows, as far as a decision says it. */
async function lastHistory(hub: TestHub) {
  const [entry] = await listHistory(hub.database, { limit: 1 });
  return entry && { action: entry.action, label: entry.label, actor: entry.actor.name, after: entry.after };
}

/** Stores a video and an audio, and sets views of the video aside that have a counter again. */
async function setAside(hub: TestHub): Promise<void> {
  await hub.database.tx(async (tx) => {
    const { orphan, ledger } = tx.tables;
    await tx.rows(sql`delete from ${orphan}`);
    await tx.rows(sql`delete from ${ledger}`);
    const id = await createContent(tx, TESTER, video, { title: 'Film', file_url: 'https://example.org/film.mp4' });
    const batch = { source: 'test', label: video.label, seq: 1, batchId: 'first', views: new Map<number, number>() };
    await applyBatch(tx, batch, 10);
    await holdBatch(tx, {
      ...batch,
      batchId: 'held',
      views: new Map([
        [id, 5],
        [987_654, 2],
      ]),
    });
    await applyBatch(tx, { ...batch, label: audio.label, views: new Map([[987_654, 3]]) }, 10);
  });
}

describe.each(DIALECTS)('the system screen of a hub that counts by itself (%s)', (dialect) => {
  let hub: TestHub;
  let admin: Visitor;

  beforeAll(async () => {
    hub = await startTestHub(dialect);
    await createUsers(hub.database);
    admin = await logIn(hub, 'admin');
  });
  beforeEach(() => setAside(hub));
  afterAll(() => hub.stop());

  test('shows its own state, what is stored and what is set aside', async () => {
    const page = await (await admin.get(PATH)).text();
    for (const text of ['Counting in this process', 'Views that wait', 'up to date', 'Updated at ']) {
      expect(page).toContain(text);
    }
    expect(page).toContain('the content is gone');
    expect(page).toContain('Redis went back in time');
    expect(page).not.toContain('does not answer');
    expect(page).not.toContain('Dead jobs');
  });

  test('renews itself with the part that changes alone', async () => {
    const part = await (await admin.get(`${PATH}live/`, { 'HX-Request': 'true' })).text();
    expect(part).toContain('Updated at ');
    expect(part).not.toContain('<html');
  });

  test('adds what was set aside to its counters, after asking again', async () => {
    const question = await (await admin.get(`${PATH}apply-orphans/?label=${video.label}`)).text();
    expect(question).toContain('<strong>7 views</strong>');
    const [id = 0] = (await hub.database.rows(sql`select max(id) as id from pages_videocontent`)).map((row) =>
      Number(row.id),
    );
    expect((await findContent(hub.database, video, id))?.counter).toBe(0);
    const answer = await admin.post(`${PATH}apply-orphans/`, { label: video.label });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, PATH]);
    expect(await (await admin.get(PATH)).text()).toContain('Added to their counters: 5 views.');
    expect((await findContent(hub.database, video, id))?.counter).toBe(5);
    expect(await lastHistory(hub)).toEqual({
      ...{ action: 'apply_orphans', label: video.label, actor: 'admin', after: { views: 5 } },
    });
  });

  test('discards what was set aside, of one label or of all', async () => {
    await admin.post(`${PATH}discard-orphans/`, { label: audio.label });
    expect((await sumOrphans(hub.database)).map(({ label }) => label)).toEqual([video.label]);
    await admin.post(`${PATH}discard-orphans/`);
    expect(await sumOrphans(hub.database)).toEqual([]);
    expect(await lastHistory(hub)).toEqual({
      ...{ action: 'discard_orphans', label: '', actor: 'admin', after: { views: 7 } },
    });
    expect(await (await admin.get(`${PATH}discard-orphans/`)).text()).toContain('Nothing is set aside.');
  });

  test('knows nothing of a label that is made up, and of Redis', async () => {
    expect((await admin.post(`${PATH}discard-orphans/`, { label: 'pages.nothing' })).status).toBe(404);
    expect((await admin.post(`${PATH}retry-dead/`)).status).toBe(404);
    expect((await sumOrphans(hub.database)).length).toBeGreaterThan(0);
  });

  test('is for admins', async () => {
    const editor = await logIn(hub, 'editor');
    for (const path of [PATH, `${PATH}live/`, `${PATH}discard-orphans/`]) {
      expect((await editor.get(path)).status).toBe(403);
    }
    expect((await editor.post(`${PATH}discard-orphans/`)).status).toBe(403);
    expect((await sumOrphans(hub.database)).length).toBeGreaterThan(0);
  });
});

describe('the system screen of a hub that counts through Redis', () => {
  let redis: TestRedis;
  let hub: TestHub;
  let admin: Visitor;

  beforeAll(async () => {
    redis = await startRedis();
    hub = await startTestHub('sqlite', { settings: { REDIS_URL: redis.url } });
    await createUsers(hub.database);
    admin = await logIn(hub, 'admin');
  });
  afterEach(() => redis.command('FLUSHALL'));
  afterAll(async () => {
    await hub.stop();
    await redis.stop();
  });

  test('shows the queue, what waits for each label, and dead jobs', async () => {
    await redis.command('RPUSH', 'views:queue', '{}', '{}');
    await redis.command('SADD', 'views:labels', 'pages.quiz');
    await redis.command('HSET', `views:counter:${video.label}`, '1', '5', '2', '6');
    await redis.command('HSET', 'views:flushing', audio.label, `b|7|${Date.now()}|12|3`);
    await redis.command('LPUSH', 'views:dead', dead('a'));
    const page = await (await admin.get(PATH)).text();
    for (const text of [`version ${redis.version}`, '2 jobs', '2 contents', '12 contents', '3 tries']) {
      expect(page).toContain(text);
    }
    expect(page).toContain('no content type of this version');
    expect(page).toContain('href="/admin/system/retry-dead/"');
  });

  test('puts dead jobs back into the queue', async () => {
    await redis.command('LPUSH', 'views:dead', dead('a'), dead('{', true));
    expect(await (await admin.get(`${PATH}retry-dead/`)).text()).toContain('<strong>2 jobs</strong>');
    await admin.post(`${PATH}retry-dead/`);
    const page = await (await admin.get(PATH)).text();
    expect(page).toContain('Put back into the queue: 1 job.');
    expect(page).toContain('only their beginning was kept: 1 job.');
    expect(await redis.command('LRANGE', 'views:queue', '0', '-1')).toEqual(['a']);
    expect(await lastHistory(hub)).toEqual({ action: 'retry_dead', label: '', actor: 'admin', after: { jobs: 1 } });
  });

  test('discards what Redis holds for a label, and nothing for one that is made up', async () => {
    await redis.command('HSET', `views:counter:${video.label}`, '1', '5', '2', '6');
    await admin.post(`${PATH}discard-views/`, { label: video.label });
    expect(await (await admin.get(PATH)).text()).toContain('Discarded: views of 2 contents.');
    expect(await redis.command('EXISTS', `views:counter:${video.label}`)).toBe(0);
    expect(await lastHistory(hub)).toEqual({
      ...{ action: 'discard_views', label: video.label, actor: 'admin', after: { pending: 2, sealed: 0 } },
    });
    expect((await admin.post(`${PATH}discard-views/`, { label: 'x' })).status).toBe(404);
    expect((await admin.post(`${PATH}discard-views/`)).status).toBe(404);
  });
});

describe.each(['gone', 'silent'] as const)('the system screen while Redis is %s', (how) => {
  let redis: TestRedis;
  let hub: TestHub;
  let admin: Visitor;

  beforeAll(async () => {
    redis = await startRedis();
    hub = await startTestHub('sqlite', { settings: { REDIS_URL: redis.url } });
    await createUsers(hub.database);
    admin = await logIn(hub, 'admin');
    if (how === 'gone') await redis.kill('SIGKILL');
    else await redis.pause();
  });
  afterAll(async () => {
    if (how === 'silent') redis.resume();
    await hub.stop();
    await redis.stop();
  });

  test('says so, quickly, on the dashboard too', async () => {
    const asked = performance.now();
    const page = await admin.get(PATH);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('does not answer');
    const dashboard = await admin.get('/admin/');
    expect(await dashboard.text()).toMatch(/counting-(waiting|unknown)/);
    expect(performance.now() - asked).toBeLessThan(QUICK_MS);
  });

  test('changes nothing', async () => {
    const before = await listHistory(hub.database, { limit: 1 });
    await admin.post(`${PATH}retry-dead/`);
    expect(await (await admin.get(PATH)).text()).toContain('Redis does not answer. Nothing was changed.');
    expect(await listHistory(hub.database, { limit: 1 })).toEqual(before);
  });
});
