import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { AppError } from '../errors.ts';

/** @throws AppError when nobody can be asked */
export function assertTerminal(command: string, instead: string): void {
  if (process.stdin.isTTY) return;
  throw new AppError('invalid', `${command}: there is no terminal to ask on; ${instead}`);
}

/** Asks one question on the terminal; a hidden answer is not shown while it is typed. @throws AppError at end of input */
export async function ask(question: string, options: { readonly isHidden?: boolean } = {}): Promise<string> {
  // readline echoes what is typed to its output: for a hidden answer that leads nowhere.
  const output = options.isHidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stdout;
  const line = createInterface({ input: process.stdin, output, terminal: true });
  const { promise: closed, reject } = Promise.withResolvers<never>();
  line.once('close', () => reject(new AppError('invalid', 'cancelled')));
  line.once('SIGINT', () => line.close());
  if (options.isHidden) process.stdout.write(question);
  try {
    return await Promise.race([line.question(options.isHidden ? '' : question), closed]);
  } finally {
    closed.catch(() => {});
    line.close();
    if (options.isHidden) process.stdout.write('\n');
  }
}

/** Asks for a new password twice, until the two agree and `problemsOf` finds none. */
export async function askNewPassword(
  problemsOf: (password: string) => readonly string[],
  print: (text: string) => void,
): Promise<string> {
  for (;;) {
    const password = await ask('Password: ', { isHidden: true });
    const problems = problemsOf(password);
    if (problems.length > 0) {
      for (const problem of problems) print(`${problem}\n`);
    } else if ((await ask('Password (again): ', { isHidden: true })) === password) {
      return password;
    } else {
      print('The two are not the same.\n');
    }
  }
}
