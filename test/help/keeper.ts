import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Has a shell run a script on a folder ($1) as soon as its input ends, which also happens when this process is killed, or leaves
 * without having asked: what the script stops and removes is never left behind.
 * @param script reads its input to the end first
 * @returns what ends the input, and waits for the shell
 */
export function startKeeper(script: string, folder: string): () => Promise<void> {
  const keeper = spawn('/bin/sh', ['-c', script, 'keeper', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const done = once(keeper, 'exit');
  keeper.unref();
  return async () => {
    keeper.ref();
    keeper.stdin.end();
    await done;
  };
}
