/** However slowly a request comes, it has an end: what never stops coming must not hold a connection for ever. */
import { expect, test } from 'bun:test';
import { connect } from 'node:net';
import { startTestHub } from '../help/hub.ts';

const PIECE_MS = 500;
const DEADLINE_MS_MAX = 45_000;
const HEAD = 'POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n';

/** Sends a beginning and then a piece at a time. @returns after how many ms the hub closed the connection */
async function drip(url: string, beginning: string, piece: string): Promise<number> {
  const { hostname, port } = new URL(url);
  const began = performance.now();
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect(Number(port), hostname, () => socket.write(beginning));
  const timer = setInterval(() => socket.write(piece), PIECE_MS);
  for (const event of ['close', 'error']) socket.on(event, resolve);
  const last = setTimeout(resolve, DEADLINE_MS_MAX);
  await promise;
  clearInterval(timer);
  clearTimeout(last);
  socket.destroy();
  return performance.now() - began;
}

test(
  'headers and bodies that come in drops are cut off',
  async () => {
    const hub = await startTestHub('sqlite');
    const took = await Promise.all([
      drip(hub.url, '', ''),
      drip(hub.url, HEAD, 'X-More: 1\r\n'),
      drip(hub.url, `${HEAD}Content-Length: 1000000\r\n\r\n`, 'a=b&'),
      drip(hub.url, `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '4\r\na=b&\r\n'),
    ]);
    for (const ms of took) expect(ms).toBeLessThan(DEADLINE_MS_MAX - 1000);
    expect(hub.log()).not.toContain('"level":"error"');
    await hub.stop();
  },
  DEADLINE_MS_MAX + 15_000,
);
