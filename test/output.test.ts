import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { createOutput } from '../src/output.ts';

const FULL = '/dev/full';

describe.skipIf(!existsSync(FULL))(`an output that takes nothing (${FULL})`, () => {
  test('says so for each text, and leaves no rejection to the process: its log would make the next one', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      const errors: unknown[] = [];
      const output = createOutput(Bun.file(FULL), (error) => errors.push(error));
      for (const length of [10, 100_000, 200_000]) {
        await output.print('x'.repeat(length));
        output.print('y');
      }
      await output.flush();
      // Rejections that nobody waits for are told after what is due now.
      await new Promise(setImmediate);
      expect(errors).toHaveLength(6);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});
