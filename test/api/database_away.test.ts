import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eventually } from '../help/eventually.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { startPostgres } from '../help/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../help/tcp_proxy.ts';
import { DUMP } from './each_target.ts';

const READS = ['/api/v1/pages/', '/api/v1/pages/?page=last', '/api/v1/pages/2/'];
/** Rounds of requests, all at once, while nothing answers. */
const OUTAGE_ROUNDS = 30;
const RECOVERY_MS_MAX = 3000;

describe('when Postgres is away', () => {
  let wire: TcpProxy;
  let hub: TestHub;
  const given = process.env.TEST_POSTGRES_URL;

  beforeAll(async () => {
    const url = new URL((await startPostgres()).url);
    wire = await startTcpProxy(Number(url.port));
    url.port = String(wire.port);
    // The hub's own database is made, and reached, through the wire.
    process.env.TEST_POSTGRES_URL = url.href;
    hub = await startTestHub('postgres', { fixtures: [DUMP], settings: { PAGE_CACHE_MS: '0' } });
  });

  afterAll(async () => {
    await hub.stop();
    await wire.cut();
    process.env.TEST_POSTGRES_URL = given;
  });

  test('reads are 503 with a time to try again, and all is well soon after it is back', async () => {
    await wire.cut();
    for (let round = 0; round < OUTAGE_ROUNDS; round++) {
      const answers = await Promise.all(READS.map((path) => hub.request(path)));
      for (const answer of answers) {
        expect(answer.status).toBe(503);
        expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
        expect(answer.headers.get('x-request-id')).toBeTruthy();
        expect(await answer.text()).toBe('{"detail":"Service temporarily unavailable, try again later."}');
      }
    }
    expect((await hub.request('/health/')).status).toBe(200);
    expect((await hub.request('/api/schema/')).status).toBe(200);
    const ready = await hub.request('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.text()).toBe(
      'ok   process: serving\nFAIL database: down\nFAIL migrations: unknown\nok   counting: current\n',
    );

    await wire.restore();
    await eventually(async () => {
      for (const path of [...READS, '/readyz']) expect((await hub.request(path)).status).toBe(200);
    }, RECOVERY_MS_MAX);
  });
});
