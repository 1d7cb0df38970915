import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { AppError } from '../errors.ts';
import { passwordProblems } from '../web/new_passwords.ts';

/** Questions on the terminal. Close it when the last is answered. */
export interface Prompt {
  /**
   * Asks one question; a hidden answer is not shown while it is typed. Lines typed ahead answer later questions.
   * @throws AppError at end of input and at Ctrl-C
   */
  ask(question: string, options?: { readonly isHidden?: boolean }): Promise<string>;
  close(): void;
}

/** @throws AppError when nobody can be asked */
export function assertTerminal(command: string, instead: string): void {
  if (process.stdin.isTTY) return;
  throw new AppError('invalid', `${command}: there is no terminal to ask on; ${instead}`);
}

export function openPrompt(): Prompt {
  // The terminal itself shows nothing of what is typed; readline does, to its output.
  let isMuted = true;
  const output = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      if (!isMuted) process.stdout.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  const typedAhead: string[] = [];
  let take: ((line: string) => void) | undefined;
  lines.on('line', (line) => {
    // What follows in the same breath answers the next question, which may be a hidden one.
    isMuted = true;
    const answer = take;
    take = undefined;
    if (answer === undefined) typedAhead.push(line);
    else answer(line);
  });
  const { promise: closed, reject } = Promise.withResolvers<never>();
  closed.catch(() => {});
  lines.once('close', () => reject(new AppError('invalid', 'cancelled')));
  lines.once('SIGINT', () => lines.close());
  return {
    async ask(question, { isHidden = false } = {}) {
      const ahead = typedAhead.shift();
      if (isHidden || ahead !== undefined) process.stdout.write(question);
      try {
        if (ahead !== undefined) return ahead;
        const answer = new Promise<string>((resolve) => {
          take = resolve;
        });
        isMuted = isHidden;
        if (!isHidden) {
          lines.setPrompt(question);
          lines.prompt(true);
        }
        return await Promise.race([answer, closed]);
      } finally {
        if (isHidden || ahead !== undefined) process.stdout.write('\n');
      }
    },
    close: () => lines.close(),
  };
}

/** Asks for a new password twice, until the two agree and `problemsOf` finds none. */
export async function askNewPassword(prompt: Prompt, username: string, print: (text: string) => void): Promise<string> {
  for (;;) {
    const password = await prompt.ask('Password: ', { isHidden: true });
    const problems = passwordProblems(password, username);
    if (problems.length > 0) {
      for (const { sentence } of problems) print(`${sentence}\n`);
    } else if ((await prompt.ask('Password (again): ', { isHidden: true })) === password) {
      return password;
    } else {
      print('The two are not the same.\n');
    }
  }
}
