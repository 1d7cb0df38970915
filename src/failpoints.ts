/**
 * Places where the fault tests break the program on purpose: `--unsafe-failpoints flush.committed=kill@3,…` makes the third
 * time that `flush.committed` is reached the last thing the process does. Without that option nothing is ever reached.
 */
import { AppError } from './errors.ts';

export const FAILPOINTS = [
  'ingest.before',
  'ingest.after',
  'flush.sealed',
  'flush.passed',
  'flush.scanning',
  'flush.loaded',
  'flush.begun',
  'flush.ledger',
  'flush.chunk',
  'flush.committed',
  'flush.acknowledged',
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

/** Says that a place was reached; waits, fails or never returns when the tests want that. */
export type Reach = (place: Failpoint) => Promise<void>;

/** What the program does without failpoints. */
export const reachNothing: Reach = async () => {};

interface Trap {
  readonly place: Failpoint;
  readonly action: 'kill' | 'stop' | 'error' | 'wait';
  /** At which time it acts; every time when undefined. */
  readonly time: number | undefined;
  readonly ms: number;
  times: number;
}

const FORM = /^([a-z.]+)=(kill|stop|error|wait)(?::(\d{1,6}))?(?:@(\d{1,6}))?$/;

/**
 * Reads `PLACE=ACTION[:MS][@TIME]`, separated by commas. Actions: `kill` (SIGKILL), `stop` (SIGSTOP), `error`, `wait:MS`.
 * @param signal sends a signal to this process
 * @throws AppError `invalid`
 */
export function createFailpoints(text: string, signal: (name: 'SIGKILL' | 'SIGSTOP') => void): Reach {
  const traps = text.split(',').map(parseTrap);
  return async (place) => {
    for (const trap of traps) {
      if (trap.place !== place) continue;
      trap.times += 1;
      if (trap.time !== undefined && trap.time !== trap.times) continue;
      if (trap.action === 'error') throw new AppError('unavailable', `failpoint ${place}`);
      if (trap.action === 'wait') await Bun.sleep(trap.ms);
      else signal(trap.action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
    }
  };
}

function parseTrap(text: string): Trap {
  const [, name, action, ms = '0', time] = FORM.exec(text.trim()) ?? [];
  const place = FAILPOINTS.find((known) => known === name);
  if (place === undefined) {
    throw new AppError(
      'invalid',
      `no failpoint "${text}": PLACE=kill|stop|error|wait:MS[@TIME], PLACE one of ${FAILPOINTS.join(', ')}`,
    );
  }
  return {
    place,
    action: action === 'kill' || action === 'stop' || action === 'error' ? action : 'wait',
    time: time === undefined ? undefined : Number(time),
    ms: Number(ms),
    times: 0,
  };
}
