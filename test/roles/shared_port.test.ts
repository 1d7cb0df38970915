/** Several webs of one machine on one port: the system spreads connections over them. */
import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test';
import { createInstallation, type Installation } from '../help/installation.ts';
import { findPort } from '../help/ports.ts';
import { SOURCE, startProgram } from '../help/program.ts';
import { rawRequest, sendRaw } from '../help/raw_http.ts';

const TEST_TIMEOUT_MS = 60_000;
/** Each on a connection of its own: that none of them reaches one of two processes is as likely as 2^-99. */
const CONNECTIONS = 100;

let hubs: Installation;
beforeAll(async () => {
  hubs = await createInstallation();
}, TEST_TIMEOUT_MS);
afterEach(() => hubs.reset());
afterAll(() => hubs.stop());

/** What the processes that answer call themselves: the first part of the ids they give to requests. */
async function answering(url: string): Promise<Set<string>> {
  const names = new Set<string>();
  for (let n = 0; n < CONNECTIONS; n++) {
    const answer = await sendRaw(url, rawRequest('GET', '/health/'));
    expect(answer.status).toBe(200);
    names.add(answer.headers.get('x-request-id')?.split('-')[0] ?? '');
  }
  return names;
}

test(
  'with REUSE_PORT two webs answer on one port, and one goes on alone when the other has stopped',
  async () => {
    const settings = { ...hubs.settings, REUSE_PORT: '1', PORT: String(await findPort()) };
    const webs = [
      await startProgram(SOURCE, ['--web'], { settings }),
      await startProgram(SOURCE, ['--web'], { settings }),
    ];
    const [first, second] = webs;
    expect(first?.url).toBe(second?.url ?? '');
    expect((await answering(first?.url ?? '')).size).toBe(2);
    expect(await first?.end('SIGTERM')).toBe(0);
    expect((await answering(second?.url ?? '')).size).toBe(1);
    expect(await second?.end('SIGTERM')).toBe(0);
  },
  TEST_TIMEOUT_MS,
);

test(
  'without it the second is refused',
  async () => {
    const settings = { ...hubs.settings, PORT: String(await findPort()) };
    const first = await startProgram(SOURCE, ['--web'], { settings });
    await expect(startProgram(SOURCE, ['--web'], { settings })).rejects.toThrow('another program is listening there');
    expect(await first.end('SIGTERM')).toBe(0);
  },
  TEST_TIMEOUT_MS,
);
