import { AppError, messageOf } from '../errors.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';

const ANSWER_TIMEOUT_MS = 5000;

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
      throw new UsageError(`expected a URL like http://127.0.0.1:8000, got "${url}"`);
    }
    const target = new URL('/health/', url);
    try {
      const response = await fetch(target, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS), redirect: 'manual' });
      if (!response.ok) throw new Error(`it answered ${response.status}`);
    } catch (error) {
      throw new AppError('unavailable', `${target.origin} is not healthy: ${messageOf(error)}`);
    }
    print('ok\n');
    return 0;
  },
};

/** Where a hub with this configuration listens, as reached from the same machine. */
function localAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
