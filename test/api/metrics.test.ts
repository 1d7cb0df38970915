import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { eventually } from '../help/eventually.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { startPostgres } from '../help/postgres.ts';
import { type MetricFamily, parseMetrics, sampleOf } from '../help/prometheus.ts';
import { rawRequest, sendRaw } from '../help/raw_http.ts';
import { startTcpProxy } from '../help/tcp_proxy.ts';
import { DUMP } from './each_target.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FORWARDED = ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Anything', 'X-Real-IP', 'Via'];
/** An address of this machine that is not loopback, if it has one. */
const OUTER = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

async function scrape(hub: Pick<TestHub, 'request'>): Promise<Map<string, MetricFamily>> {
  const answer = await hub.request('/metrics');
  expect(answer.status).toBe(200);
  return parseMetrics(await answer.text());
}

describe('/metrics', () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub('sqlite', { fixtures: [DUMP] });
  });
  afterAll(() => hub.stop());

  const value = async (sample: string) => sampleOf(await scrape(hub), sample);

  test('is Prometheus’ text format, never kept, whatever the Host, and HEAD has no body', async () => {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers, body } = await sendRaw(
        hub.url,
        rawRequest(method, '/metrics', { Host: '10.0.0.1:8000' }),
      );
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(body === '').toBe(method === 'HEAD');
      expect(Number(headers.get('content-length'))).toBeGreaterThan(1000);
    }
    expect((await hub.request('/metrics', { method: 'POST' })).status).toBe(404);
  });

  test('names metrics by the program, with base units, and counters with _total', async () => {
    const families = await scrape(hub);
    expect(families.size).toBeGreaterThan(30);
    for (const [name, { type }] of families) {
      expect(name).toStartWith('contenthub_');
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|percent)(_|$)/);
    }
  });

  test('is what docs/operating.md lists, name, type and meaning', async () => {
    const [, section = ''] = readFileSync(join(ROOT, 'docs', 'operating.md'), 'utf8').split('\n## Metrics\n');
    const [table = ''] = section.split('\n## ');
    const rows = [...table.matchAll(/^\| `(contenthub_\w+)` \| (\w+) \| (.+) \|$/gm)].map(([, ...cells]) => cells);
    expect(rows).toEqual([...(await scrape(hub))].map(([name, { type, help }]) => [name, type, help]));
  });

  test('tells what runs, since when, and how much memory it takes', async () => {
    const families = await scrape(hub);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(sampleOf(families, `build_info{version="${version}",bun="${Bun.version}"}`)).toBe(1);
    const startedAt = sampleOf(families, 'start_time_seconds') ?? 0;
    expect(Math.abs(startedAt - (Date.now() / 1000 - process.uptime()))).toBeLessThan(5);
    expect(sampleOf(families, 'resident_memory_bytes')).toBeGreaterThan(10_000_000);
    expect(sampleOf(families, 'heap_bytes')).toBeGreaterThan(100_000);
  });

  test('counts requests by the pattern of their route and by status, and never by path', async () => {
    const count = (route: string, status: number) =>
      value(`http_request_duration_seconds_count{route="${route}",status="${status}"}`);
    const before = (await count('/api/v1/pages/:id/', 200)) ?? 0;
    for (const path of ['/api/v1/pages/1/', '/api/v1/pages/2/?x=1', '/api/v1/pages/3/']) await hub.request(path);
    const asked = {
      '/api/v1/pages/:id/': ['/api/v1/pages/987654321/', 404],
      '/api/v1/pages/:id': ['/api/v1/pages/987654322', 301],
      '/api/v1/pages/': ['/api/v1/pages/?page=987654323', 404],
      '/static/*': ['/static/app.987654324.css', 404],
      '/livez': ['/livez?987654325', 200],
      other: ['/wp-login-987654326.php', 404],
    } as const;
    for (const [path] of Object.values(asked)) await hub.request(path);
    await hub.request('/api/v1/pages/987654329/more/');
    await hub.request('/livez', { headers: { Host: 'elsewhere.987654327' } });
    await hub.request('/', { headers: { Host: 'elsewhere.987654328' } });
    expect(await count('/api/v1/pages/:id/', 200)).toBe(before + 3);
    for (const [route, [, status]] of Object.entries(asked))
      expect(await count(route, status), route).toBeGreaterThan(0);
    expect(await count('/', 400)).toBe(1);
    expect(await count('other', 404)).toBe(2);
    expect(await count('/api/v1/pages/:id/', 404)).toBe(1);
    expect(await (await hub.request('/metrics')).text()).not.toContain('98765432');
  });

  test('measures how long answers took, in seconds', async () => {
    const series = '{route="/api/docs/",status="200"}';
    expect(await value(`http_request_duration_seconds_sum${series}`)).toBeUndefined();
    const began = performance.now();
    await hub.request('/api/docs/');
    const tookSeconds = (performance.now() - began) / 1000;
    const sum = (await value(`http_request_duration_seconds_sum${series}`)) ?? 0;
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(tookSeconds);
  });

  test('moves with the views of this process, and each is somewhere', async () => {
    await eventually(async () => expect(await value('views_pending')).toBe(0));
    const before = await scrape(hub);
    const grown = async (name: string) => {
      const families = await scrape(hub);
      return (sampleOf(families, name) ?? 0) - (sampleOf(before, name) ?? 0);
    };
    const { contents } = (await (await hub.request('/api/v1/pages/1/')).json()) as { contents: unknown[] };
    expect(contents.length).toBeGreaterThan(0);
    await hub.request('/api/v1/pages/1/', { method: 'HEAD' });
    expect(await grown('views_recorded_total')).toBe(contents.length);
    await eventually(async () => expect(await grown('views_stored_total')).toBe(contents.length));
    expect(await value('views_pending')).toBe(0);
    expect(await value('views_blocked')).toBe(0);
    for (const reason of ['full', 'expired', 'stopping']) {
      expect(await value(`views_dropped_total{reason="${reason}"}`)).toBe(0);
    }
  });

  test('has no value for a role that does not run, nor for a Redis that is not there', async () => {
    const families = await scrape(hub);
    for (const name of ['jobs_taken_total', 'flush_runs_total', 'gate_held_seconds', 'redis_up', 'queue_jobs']) {
      expect(families.get(`contenthub_${name}`)?.samples.size, name).toBe(0);
    }
    expect(families.get('contenthub_flush_duration_seconds')?.samples.size).toBe(0);
  });

  test('sums up orphans by label and reason, hostile labels escaped', async () => {
    const { database } = hub;
    const { orphan } = database.tables;
    const hostile = 'a"b\\c\n# d{e="f"} 1';
    await database.tx(async (tx) => {
      for (const [label, id, n] of [
        ['pages.videocontent', '7', 3],
        ['pages.videocontent', '8', 4],
        [hostile, '1', 5],
      ] as const) {
        await tx.rows(sql`
          insert into ${orphan} (source, label, batch_id, id, n, reason, created_at)
          values ('s', ${label}, 'b', ${id}, ${n}, 'content removed', ${sql.param(new Date(), orphan.created_at)})`);
      }
    });
    const escaped = 'a\\"b\\\\c\\n# d{e=\\"f\\"} 1';
    await eventually(async () => {
      const families = await scrape(hub);
      expect(sampleOf(families, 'orphan_views{label="pages.videocontent",reason="content removed"}')).toBe(7);
      expect(sampleOf(families, 'orphan_contents{label="pages.videocontent",reason="content removed"}')).toBe(2);
      expect(sampleOf(families, `orphan_views{label="${escaped}",reason="content removed"}`)).toBe(5);
    }, 4000);
    expect(await value('database_up')).toBe(1);
  });

  test('without a token is for this machine only, and for nobody whose request was forwarded', async () => {
    for (const name of FORWARDED) {
      const answer = await hub.request('/metrics', { headers: { [name]: '127.0.0.1' } });
      expect([answer.status, answer.headers.get('content-type')], name).toEqual([403, 'text/plain; charset=utf-8']);
      expect(await answer.text()).not.toContain('contenthub_');
    }
  });
});

describe('/metrics with METRICS_TOKEN', () => {
  let hub: TestHub;
  beforeAll(async () => {
    hub = await startTestHub('sqlite', { settings: { METRICS_TOKEN: 's3cret token' } });
  });
  afterAll(() => hub.stop());

  test.each([
    undefined,
    'Bearer',
    'Bearer ',
    'Bearer s3cret',
    'Bearer s3cret token2',
    'Bearer S3CRET TOKEN',
    'Basic s3cret token',
    's3cret token',
  ])('asks for it when it gets %j', async (authorization) => {
    const headers = authorization === undefined ? {} : { Authorization: authorization };
    for (const method of ['GET', 'HEAD']) {
      const answer = await hub.request('/metrics', { method, headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="metrics"');
      expect(await answer.text()).not.toContain('contenthub_');
    }
  });

  test('answers whoever has it, forwarded or not', async () => {
    for (const more of [{}, { 'X-Forwarded-For': '203.0.113.1' }]) {
      for (const scheme of ['Bearer', 'bearer']) {
        const answer = await hub.request('/metrics', { headers: { Authorization: `${scheme} s3cret token`, ...more } });
        expect(answer.status).toBe(200);
        parseMetrics(await answer.text());
      }
    }
  });
});

test.skipIf(OUTER === undefined)('/metrics without a token answers no other machine', async () => {
  const hub = await startTestHub('sqlite', { settings: { HOST: '0.0.0.0' } });
  const { port } = new URL(hub.url);
  expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
  const answer = await fetch(`http://${OUTER}:${port}/metrics`);
  expect([answer.status, await answer.text()]).toEqual([
    403,
    'without METRICS_TOKEN only this machine may read the metrics\n',
  ]);
  await hub.stop();
});

test('/metrics without a token answers this machine on IPv6 too', async () => {
  const hub = await startTestHub('sqlite', { settings: { HOST: '::' } });
  const { port } = new URL(hub.url);
  for (const host of ['127.0.0.1', '[::1]']) {
    const reached = await fetch(`http://${host}:${port}/metrics`).catch(() => undefined);
    if (reached !== undefined) expect(reached.status, host).toBe(200);
  }
  await hub.stop();
});

test('/metrics is answered while Postgres is away, and counts that', async () => {
  const given = process.env.TEST_POSTGRES_URL;
  const url = new URL((await startPostgres()).url);
  const wire = await startTcpProxy(Number(url.port));
  url.port = String(wire.port);
  process.env.TEST_POSTGRES_URL = url.href;
  const hub = await startTestHub('postgres');
  try {
    const before = await scrape(hub);
    expect(sampleOf(before, 'database_up')).toBe(1);
    await wire.cut();
    await eventually(async () => {
      const families = await scrape(hub);
      expect(sampleOf(families, 'database_up')).toBe(0);
      const errors = sampleOf(families, 'database_errors_total') ?? 0;
      expect(errors).toBeGreaterThan(sampleOf(before, 'database_errors_total') ?? 0);
      expect(families.get('contenthub_orphan_views')?.samples.size).toBe(0);
    }, 5000);
    await wire.restore();
    await eventually(async () => expect(sampleOf(await scrape(hub), 'database_up')).toBe(1), 5000);
    // Nobody answers at all: what was asked is waited for, but not for long.
    wire.blackhole();
    await eventually(async () => expect(sampleOf(await scrape(hub), 'database_up')).toBe(0), 8000);
    await wire.restore();
  } finally {
    await wire.restore();
    await hub.stop();
    await wire.cut();
    process.env.TEST_POSTGRES_URL = given;
  }
});
