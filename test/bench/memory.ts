/** Resident memory of each role, a process of its own, at rest and under load, beside a bare Bun server. */
import { type Bench, CONNECTIONS, fill, startParts } from './bench.ts';
import { beginSection, findInstalledRedis, startBenchRedis } from './redis.ts';
import { measureRate, type Server, startServer } from './servers.ts';
import { judge, row, say } from './table.ts';

const SECONDS = { full: 15, quick: 2 };
const PAGES = 1000;
const WEB_MB_MAX = 150;
const REST_MS = 1500;
const SAMPLE_MS = 100;

export async function measureMemory(bench: Bench): Promise<void> {
  const [binary, url] = [await findInstalledRedis(), await bench.createPostgres()];
  if (!beginSection('memory', { Redis: binary, Postgres: url }) || !binary || !url) return;
  const redis = await startBenchRedis(bench, binary);
  const { settings } = await fill(bench, 'Postgres', url, PAGES);
  const bare = await startServer([await bench.compile('hello')], '/');
  bench.atEnd(() => bare.stop());
  const parts = await startParts(bench, { ...settings, REDIS_URL: redis.url });
  await Bun.sleep(REST_MS);
  const servers: readonly (readonly [string, Server])[] = Object.entries(parts);
  const atRest = new Map(servers.map(([role, server]) => [role, server.memory()]));
  const bareAtRest = bare.memory();

  const seconds = bench.isQuick ? SECONDS.quick : SECONDS.full;
  const most = new Map<string, number>();
  const sample = () => {
    for (const [role, server] of servers) most.set(role, Math.max(most.get(role) ?? 0, server.memory()));
    most.set('bare', Math.max(most.get('bare') ?? 0, bare.memory()));
  };
  const timer = setInterval(sample, SAMPLE_MS);
  const load = { path: '/api/v1/pages/{id}/', ids: PAGES, connections: CONNECTIONS, seconds };
  try {
    await measureRate(parts.web, load, bench.wrk);
    await measureRate(bare, { ...load, path: '/' }, bench.wrk);
    // The beat is still at work.
    await Bun.sleep(REST_MS);
  } finally {
    clearInterval(timer);
  }

  row([`resident memory (random details for ${seconds} s)`, 'MB', 'bare Bun.serve', 'ratio']);
  for (const [role] of servers) {
    const line = (name: string, own: number, pair: number) =>
      row([`--${role}, ${name}`, own.toFixed(0), pair.toFixed(0), (own / pair).toFixed(2)]);
    line('at rest', atRest.get(role) ?? 0, bareAtRest);
    line('most under load', most.get(role) ?? 0, most.get('bare') ?? 0);
  }
  const web = most.get('web') ?? 0;
  const cells = [`--web under load, beside the ${WEB_MB_MAX} MB it may take`, web.toFixed(0), String(WEB_MB_MAX)];
  judge(cells, web / WEB_MB_MAX, '≤ 1.00', web <= WEB_MB_MAX);
  say();
}
