/** A terminal with the program on it, for what is asked and answered by hand. */

import { eventually } from '../help/eventually.ts';
import { cleanEnvironment, SOURCE } from '../help/program.ts';

const WAIT_MS = 10_000;

export interface Terminal {
  /** All that was shown, what was typed and echoed included. */
  screen(): string;
  /** Waits until the screen ends with `prompt`, shown since the last answer, then types. */
  answer(prompt: string, text: string): Promise<void>;
  /** Waits for the end and returns the exit code. */
  end(): Promise<number>;
}

/** Starts the program, from source, on a terminal of its own. */
export function openTerminal(args: readonly string[], settings: Readonly<Record<string, string>>): Terminal {
  const decoder = new TextDecoder();
  let screen = '';
  let answered = 0;
  const child = Bun.spawn([...SOURCE, ...args], {
    env: cleanEnvironment({ TERM: 'xterm', ...settings }),
    terminal: {
      cols: 100,
      rows: 30,
      data: (_terminal, bytes) => {
        screen += decoder.decode(bytes, { stream: true });
      },
    },
  });
  return {
    screen: () => screen,
    async answer(prompt, text) {
      await eventually(() => {
        const shown = Bun.stripANSI(screen.slice(answered)).trimEnd();
        if (!shown.endsWith(prompt)) throw new Error(`no "${prompt}" on the screen:\n${screen}`);
      }, WAIT_MS);
      answered = screen.length;
      child.terminal?.write(text);
    },
    async end() {
      const code = await child.exited;
      child.terminal?.close();
      return code;
    },
  };
}
