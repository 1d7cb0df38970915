import { AppError } from '../errors.ts';
import { commandActor } from '../store/history.ts';
import { findUser, setPassword } from '../store/users.ts';
import { hashPassword } from '../web/passwords.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { withDatabase } from './open.ts';
import { askNewPassword, assertTerminal, openPrompt } from './prompt.ts';

export const changePasswordCommand: Command = {
  name: 'changepassword',
  summary: 'give a user a new password, asked for on the terminal',
  operands: 'USERNAME',
  operandsMax: 1,
  options: [],
  async run({ arguments: given, readConfig, print }) {
    const [username] = given.positionals;
    if (username === undefined) throw new UsageError('changepassword: name the user');
    return withDatabase(readConfig(), async (database) => {
      if ((await findUser(database, username)) === undefined) {
        throw new AppError('not_found', `changepassword: there is no user "${username}"`);
      }
      assertTerminal('changepassword', 'run it where you can type');
      const prompt = openPrompt();
      const password = await askNewPassword(prompt, username, print).finally(prompt.close);
      const hash = await hashPassword(password);
      await database.tx((tx) => setPassword(tx, commandActor('changepassword'), username, hash));
      print(`password of ${username} changed\n`);
      return 0;
    });
  },
};
