import type { Environment } from '../config.ts';
import type { Database } from '../db/connection.ts';
import { AppError } from '../errors.ts';
import { createSuperuser, findUser, usernameProblem } from '../store/users.ts';
import { generatePassword, hashPassword, passwordProblems } from '../web/passwords.ts';
import { UsageError } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { withDatabase } from './open.ts';
import { ask, askNewPassword, assertTerminal } from './prompt.ts';

const EMAIL_CHARACTERS_MAX = 254;

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
    return withDatabase(context.readConfig(), (database) => create(context, database));
  },
};

/** A value from our variable or Django's. */
function fromEnvironment(environment: Environment, name: string): string | undefined {
  return environment[`CONTENTHUB_SUPERUSER_${name}`] || environment[`DJANGO_SUPERUSER_${name}`] || undefined;
}

async function create(context: CommandContext, database: Database): Promise<number> {
  const { arguments: given, print } = context;
  const mayAsk = !given.has('noinput');
  const username = await readUsername(context, mayAsk);
  if ((await findUser(database, username)) !== undefined) {
    if (!given.has('if-not-exists'))
      throw new AppError('conflict', `createsuperuser: the user name "${username}" is taken`);
    print(`user ${username} exists already; nothing was changed\n`);
    return 0;
  }
  const email = await readEmail(context, mayAsk);
  const generated = given.has('generate-password') ? generatePassword() : undefined;
  const password = generated ?? (await readPassword(context, username, mayAsk));
  const passwordHash = await hashPassword(password);
  await database.tx((tx) => createSuperuser(tx, { username, email, passwordHash }));
  print(`superuser ${username} created\n`);
  if (generated !== undefined)
    print(`\n  user      ${username}\n  password  ${generated}\n\nWrite it down: it is not shown again.\n`);
  return 0;
}

async function readUsername(
  { arguments: given, environment, print }: CommandContext,
  mayAsk: boolean,
): Promise<string> {
  const known = given.value('username') ?? fromEnvironment(environment, 'USERNAME');
  if (known !== undefined) {
    const problem = usernameProblem(known);
    if (problem !== undefined) throw new UsageError(`createsuperuser: ${problem}`);
    return known;
  }
  if (!mayAsk) throw new UsageError('createsuperuser: --noinput needs --username or CONTENTHUB_SUPERUSER_USERNAME');
  assertTerminal('createsuperuser', 'use --noinput with --username and CONTENTHUB_SUPERUSER_PASSWORD');
  for (;;) {
    const username = (await ask('User name: ')).trim();
    const problem = usernameProblem(username);
    if (problem === undefined) return username;
    print(`${problem}\n`);
  }
}

async function readEmail({ arguments: given, environment, print }: CommandContext, mayAsk: boolean): Promise<string> {
  const known = given.value('email') ?? fromEnvironment(environment, 'EMAIL');
  if (known !== undefined || !mayAsk || given.value('username') !== undefined) {
    const email = known ?? '';
    if (!isEmail(email)) throw new UsageError(`createsuperuser: "${email}" is not an email address`);
    return email;
  }
  for (;;) {
    const email = (await ask('Email address (may be empty): ')).trim();
    if (isEmail(email)) return email;
    print('This is not an email address.\n');
  }
}

function isEmail(text: string): boolean {
  return text === '' || (text.length <= EMAIL_CHARACTERS_MAX && /^[^\s@]+@[^\s@]+$/.test(text));
}

async function readPassword(
  { environment, print }: CommandContext,
  username: string,
  mayAsk: boolean,
): Promise<string> {
  const known = fromEnvironment(environment, 'PASSWORD');
  if (known !== undefined) {
    const problems = passwordProblems(known, username);
    if (problems.length > 0)
      throw new AppError('invalid', `createsuperuser: the password is too weak: ${problems.join(' ')}`);
    return known;
  }
  if (!mayAsk) {
    throw new UsageError(
      'createsuperuser: --noinput needs CONTENTHUB_SUPERUSER_PASSWORD in the environment, or --generate-password',
    );
  }
  assertTerminal('createsuperuser', 'set CONTENTHUB_SUPERUSER_PASSWORD, or use --generate-password');
  return askNewPassword((password) => passwordProblems(password, username), print);
}
