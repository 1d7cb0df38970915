import type { Environment } from '../config.ts';
import type { Database } from '../db/connection.ts';
import { AppError } from '../errors.ts';
import { commandActor } from '../store/history.ts';
import { createUser, findUser, isEmail, usernameProblem } from '../store/users.ts';
import { generatePassword, passwordProblems } from '../web/new_passwords.ts';
import { hashPassword } from '../web/passwords.ts';
import { UsageError } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { withDatabase } from './open.ts';
import { askNewPassword, assertTerminal, openPrompt, type Prompt } from './prompt.ts';

export const createSuperuserCommand: Command = {
  name: 'createsuperuser',
  summary: 'create a user with all rights; asks for what is not given',
  operands: '',
  operandsMax: 0,
  options: [
    { name: 'username', value: 'U', help: 'the name to log in with (CONTENTHUB_SUPERUSER_USERNAME)' },
    { name: 'email', value: 'E', help: 'an email address, may be empty (CONTENTHUB_SUPERUSER_EMAIL)' },
    { name: 'noinput', help: 'ask nothing; the password comes from CONTENTHUB_SUPERUSER_PASSWORD' },
    { name: 'generate-password', help: 'make a strong password and print it once' },
    { name: 'if-not-exists', help: 'do nothing, successfully, when the user exists' },
  ],
  async run(context) {
    return withDatabase(context.readConfig(), async (database) => {
      const dialogue = openDialogue(context);
      try {
        return await create(context, database, dialogue);
      } finally {
        dialogue.close();
      }
    });
  },
};

async function create(context: CommandContext, database: Database, dialogue: Dialogue): Promise<number> {
  const { arguments: given, print } = context;
  const username = await readUsername(context, dialogue);
  if ((await findUser(database, username)) !== undefined) {
    if (!given.has('if-not-exists'))
      throw new AppError('conflict', `createsuperuser: the user name "${username}" is taken`);
    print(`user ${username} exists already; nothing was changed\n`);
    return 0;
  }
  const email = await readEmail(context, dialogue);
  const generated = given.has('generate-password') ? generatePassword() : undefined;
  const password = generated ?? (await readPassword(context, username, dialogue));
  const passwordHash = await hashPassword(password);
  await database.tx((tx) =>
    createUser(tx, commandActor('createsuperuser'), { username, email, passwordHash, role: 'admin' }),
  );
  print(`superuser ${username} created\n`);
  if (generated !== undefined)
    print(`\n  user      ${username}\n  password  ${generated}\n\nWrite it down: it is not shown again.\n`);
  return 0;
}

/** The questions of one run; the terminal is taken when the first is asked. */
interface Dialogue {
  readonly mayAsk: boolean;
  /** @throws AppError that says `instead` when there is no terminal */
  prompt(instead: string): Prompt;
  close(): void;
}

function openDialogue({ arguments: given }: CommandContext): Dialogue {
  let prompt: Prompt | undefined;
  return {
    mayAsk: !given.has('noinput'),
    prompt(instead) {
      assertTerminal('createsuperuser', instead);
      prompt ??= openPrompt();
      return prompt;
    },
    close: () => prompt?.close(),
  };
}

/** A value from our variable or Django's. */
function fromEnvironment(environment: Environment, name: string): string | undefined {
  return environment[`CONTENTHUB_SUPERUSER_${name}`] || environment[`DJANGO_SUPERUSER_${name}`] || undefined;
}

async function readUsername(
  { arguments: given, environment, print }: CommandContext,
  dialogue: Dialogue,
): Promise<string> {
  const known = given.value('username') ?? fromEnvironment(environment, 'USERNAME');
  if (known !== undefined) {
    const problem = usernameProblem(known);
    if (problem !== undefined) throw new UsageError(`createsuperuser: ${problem.sentence}`);
    return known;
  }
  if (!dialogue.mayAsk)
    throw new UsageError('createsuperuser: --noinput needs --username or CONTENTHUB_SUPERUSER_USERNAME');
  const prompt = dialogue.prompt('use --noinput with --username and CONTENTHUB_SUPERUSER_PASSWORD');
  for (;;) {
    const username = (await prompt.ask('User name: ')).trim();
    const problem = usernameProblem(username);
    if (problem === undefined) return username;
    print(`${problem.sentence}\n`);
  }
}

/** Asked for only beside the name: who gives `--username` gives `--email` too, or wants none. */
async function readEmail(
  { arguments: given, environment, print }: CommandContext,
  dialogue: Dialogue,
): Promise<string> {
  const known = given.value('email') ?? fromEnvironment(environment, 'EMAIL');
  const isAsked =
    dialogue.mayAsk && (given.value('username') ?? fromEnvironment(environment, 'USERNAME')) === undefined;
  if (known !== undefined || !isAsked) {
    const email = known ?? '';
    if (!isEmail(email)) throw new UsageError(`createsuperuser: "${email}" is not an email address`);
    return email;
  }
  const prompt = dialogue.prompt('use --email');
  for (;;) {
    const email = (await prompt.ask('Email address (may be empty): ')).trim();
    if (isEmail(email)) return email;
    print('This is not an email address.\n');
  }
}

async function readPassword(
  { environment, print }: CommandContext,
  username: string,
  dialogue: Dialogue,
): Promise<string> {
  const known = fromEnvironment(environment, 'PASSWORD');
  if (known !== undefined) {
    const problems = passwordProblems(known, username).map((problem) => problem.sentence);
    if (problems.length > 0)
      throw new AppError('invalid', `createsuperuser: the password is too weak: ${problems.join(' ')}`);
    return known;
  }
  if (!dialogue.mayAsk) {
    throw new UsageError(
      'createsuperuser: --noinput needs CONTENTHUB_SUPERUSER_PASSWORD in the environment, or --generate-password',
    );
  }
  const prompt = dialogue.prompt('set CONTENTHUB_SUPERUSER_PASSWORD, or use --generate-password');
  return askNewPassword(prompt, username, print);
}
