import { AppError, messageOf } from '../errors.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';

const ANSWER_TIMEOUT_MS = 5000;
const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

export const healthCommand: Command = {
  name: 'health',
  summary: 'ask a running hub whether it serves; exit 1 if it does not',
  operands: '[URL]',
  operandsMax: 1,
  options: [],
  async run({ arguments: given, readConfig, print }) {
    const [address] = given.positionals;
    const url = address ?? localAddress(readConfig());
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new UsageError(`health: expected a URL like http://127.0.0.1:8000, got "${url}"`);
    }
    const target = new URL('/health/', url);
    try {
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      // A proxy of the environment (HTTP_PROXY) is for the world outside: it cannot reach this machine's own addresses.
      const proxy = LOOPBACK.test(target.hostname) ? { proxy: false as const } : {};
      const response = await fetch(target, { signal, redirect: 'manual', ...proxy });
      if (!response.ok) throw new Error(`it answered ${response.status}`);
      if ((await response.text()) !== '{"status":"ok"}') throw new Error('it is no ContentHub');
    } catch (error) {
      throw new AppError('unavailable', `${target.origin} is not healthy: ${messageOf(error)}`);
    }
    print('ok\n');
    return 0;
  },
};

/** Where a hub with this configuration listens, as reached from the same machine. */
function localAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  if (port === 0) throw new UsageError('health: PORT is 0, any free one; name the URL the hub printed');
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
