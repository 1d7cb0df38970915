import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cleanEnvironment, SOURCE } from '../help/program.ts';

/** Whom a test that runs as root becomes: nobody. */
const NOBODY = 65_534;

/** Runs the program, from source, as someone whom permissions bind: root may do everything. */
export function runUnprivileged(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): SpawnSyncReturns<string> {
  const [program = '', ...first] = SOURCE;
  const account = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  return spawnSync(program, [...first, ...args], {
    encoding: 'utf8',
    env: cleanEnvironment({ ...settings, HOME: '/nonexistent' }),
    timeout: 20_000,
    ...account,
  });
}
