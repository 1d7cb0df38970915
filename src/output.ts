/**
 * What the process writes to its standard output and standard error. Bun's own writers, not `process.stdout` and
 * `process.stderr`: only to touch one of those loads all of Node's streams and takes as long as an empty program.
 */
import type * as Files from 'node:fs';

/** Knows what is still on its way: a pipe takes 64 KiB and then waits for its reader. */
export interface Output {
  /** Writes, and resolves when the text was taken: long output waits for that, short output need not. Never rejects. */
  print(text: string): Promise<void>;
  /** Resolves when all that was printed was taken. Ending the process before would cut it off. */
  flush(): Promise<void>;
}

/** @param onError is told why a text could not be written, before its `print` resolves */
export function createOutput(file: Bun.BunFile, onError: (error: unknown) => void): Output {
  const sink = file.writer();
  let last: Promise<void> = Promise.resolve();

  async function write(text: string): Promise<void> {
    try {
      // What a full pipe does not take is kept, and written when its reader has made room. Either may be a promise, and
      // fail: a terminal that was closed, a full disk.
      await Promise.all([sink.write(text), sink.flush()]);
    } catch (error) {
      onError(error);
    }
  }
  return {
    print(text) {
      if (text !== '') last = write(text);
      return last;
    },
    flush: () => last,
  };
}

const loadFiles = (): typeof Files => require('node:fs');

/** Whether a person reads this stream. */
export function isTerminal(name: 'stdout' | 'stderr'): boolean {
  // Asked first, because they load less: a terminal says in TERM what it is, and is a device.
  if (!process.env.TERM) return false;
  const { fstatSync } = loadFiles();
  if (!fstatSync(name === 'stdout' ? 1 : 2).isCharacterDevice()) return false;
  return (name === 'stdout' ? process.stdout : process.stderr).isTTY === true;
}
