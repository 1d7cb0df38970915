/** createsuperuser and changepassword: with options, with the environment, and on a terminal. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { toBoolean } from '../../src/db/rows.ts';
import { findUser } from '../../src/store/users.ts';
import { verifyPassword } from '../../src/web/passwords.ts';
import { createTestDatabase, type TestDatabase } from '../help/databases.ts';
import { type Outcome, runProgram, SOURCE } from '../help/program.ts';
import { openTerminal, type Terminal } from './terminal.ts';

const PASSWORD = 'a phrase nobody guesses 7';

let target: TestDatabase;
let settings: Record<string, string>;
beforeAll(async () => {
  target = await createTestDatabase('sqlite');
  settings = { DATABASE_URL: target.url };
});
beforeEach(() => target.database.tx((tx) => tx.rows(sql`delete from auth_user`)).then(() => {}));
afterAll(() => target.drop());

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return runProgram(SOURCE, args, { settings: { ...settings, ...environment } });
}

async function hasPassword(username: string, password: string): Promise<boolean> {
  const user = await findUser(target.database, username);
  return (await verifyPassword(password, user?.password ?? '')).matches;
}

async function countUsers(): Promise<number> {
  return (await target.database.rows(sql`select id from auth_user`)).length;
}

describe('createsuperuser', () => {
  test('takes everything from options and our variables', async () => {
    const args = ['createsuperuser', '--noinput', '--username', 'Ann.Ö@x', '--email=ann@example.org'];
    const outcome = await run(args, { CONTENTHUB_SUPERUSER_PASSWORD: PASSWORD });
    expect(outcome).toEqual({ code: 0, stdout: 'superuser Ann.Ö@x created\n', stderr: '' });
    const [row] = await target.database.rows(sql`select * from auth_user`);
    expect(row).toMatchObject({ username: 'Ann.Ö@x', email: 'ann@example.org', first_name: '' });
    for (const flag of ['is_superuser', 'is_staff', 'is_active']) expect(toBoolean(row?.[flag])).toBe(true);
    expect(row?.password).toStartWith('$argon2id$');
    expect(await hasPassword('Ann.Ö@x', PASSWORD)).toBe(true);
  });

  test('takes everything from Django’s variables, and ours over them, without --noinput and without a terminal', async () => {
    const { code } = await run(['createsuperuser'], {
      DJANGO_SUPERUSER_USERNAME: 'django',
      DJANGO_SUPERUSER_EMAIL: 'd@example.org',
      DJANGO_SUPERUSER_PASSWORD: 'some other phrase 99',
      CONTENTHUB_SUPERUSER_PASSWORD: PASSWORD,
    });
    expect(code).toBe(0);
    expect(await hasPassword('django', PASSWORD)).toBe(true);
  });

  test('makes a password that works and prints it once', async () => {
    const { stdout } = await run(['createsuperuser', '--noinput', '--username', 'ann', '--generate-password']);
    const password = stdout.match(/^ {2}password {2}(\S+)$/m)?.[1] ?? '';
    expect(password.length).toBeGreaterThanOrEqual(12);
    expect(await hasPassword('ann', password)).toBe(true);
  });

  test.each<[string, string[], Record<string, string>, number, string]>([
    ['no name', ['--noinput'], {}, 2, '--noinput needs --username or CONTENTHUB_SUPERUSER_USERNAME'],
    [
      'no password',
      ['--noinput', '--username', 'a'],
      {},
      2,
      '--noinput needs CONTENTHUB_SUPERUSER_PASSWORD in the environment, or --generate-password',
    ],
    ['an empty name', ['--username', ''], {}, 2, 'the user name is empty'],
    ['a name with a space', ['--username', 'a b'], {}, 2, 'a user name has letters, digits and @ . + - _ only'],
    ['a long name', ['--username', 'x'.repeat(151)], {}, 2, 'the user name has more than 150 characters'],
    ['no email address', ['--username', 'a', '--email', 'x'], {}, 2, '"x" is not an email address'],
    [
      'a weak password',
      ['--noinput', '--username', 'a'],
      { CONTENTHUB_SUPERUSER_PASSWORD: 'secret' },
      1,
      'the password is too weak: The password must have at least 12 characters, this one has 6.',
    ],
    [
      'a common password',
      ['--noinput', '--username', 'a'],
      { CONTENTHUB_SUPERUSER_PASSWORD: '&heartstracker' },
      1,
      'the password is too weak:',
    ],
    [
      'no terminal for the name',
      [],
      {},
      1,
      'there is no terminal to ask on; use --noinput with --username and CONTENTHUB_SUPERUSER_PASSWORD',
    ],
    [
      'no terminal for the password',
      ['--username', 'a'],
      {},
      1,
      'there is no terminal to ask on; set CONTENTHUB_SUPERUSER_PASSWORD, or use --generate-password',
    ],
  ])('refuses %s', async (_name, args, environment, expected, sentence) => {
    const { code, stderr } = await run(['createsuperuser', ...args], environment);
    expect([code, stderr]).toEqual([expected, expect.stringContaining(`contenthub: createsuperuser: ${sentence}`)]);
    expect(stderr).not.toContain('secret');
    expect(await countUsers()).toBe(0);
  });

  test('refuses a taken name, or leaves that user alone when told so', async () => {
    const args = ['createsuperuser', '--noinput', '--username', 'ann'];
    await run(args, { CONTENTHUB_SUPERUSER_PASSWORD: PASSWORD });
    const again = await run(args, { CONTENTHUB_SUPERUSER_PASSWORD: 'another phrase 12345' });
    expect([again.code, again.stderr]).toEqual([1, 'contenthub: createsuperuser: the user name "ann" is taken\n']);
    const kept = await run([...args, '--if-not-exists']);
    expect([kept.code, kept.stdout]).toEqual([0, 'user ann exists already; nothing was changed\n']);
    expect(await hasPassword('ann', PASSWORD)).toBe(true);
    expect(await countUsers()).toBe(1);
  });

  describe('on a terminal', () => {
    test('asks again until every answer is good, and never shows a password', async () => {
      const terminal = openTerminal(['createsuperuser'], settings);
      await terminal.answer('User name:', 'ann lee\r');
      await terminal.answer('User name:', 'ann\r');
      await terminal.answer('Email address (may be empty):', 'no\r');
      await terminal.answer('Email address (may be empty):', 'ann@example.org\r');
      await terminal.answer('Password:', 'tooshort\r');
      await terminal.answer('Password:', `${PASSWORD}\r`);
      await terminal.answer('Password (again):', 'something else\r');
      await terminal.answer('Password:', `${PASSWORD}\r`);
      await terminal.answer('Password (again):', `${PASSWORD}\r`);
      expect(await terminal.end()).toBe(0);
      const screen = terminal.screen();
      for (const text of [
        'a user name has letters',
        'This is not an email address.',
        'at least 12 characters',
        'The two are not the same.',
      ])
        expect(screen).toContain(text);
      for (const typed of ['tooshort', 'something else', 'phrase']) expect(screen).not.toContain(typed);
      expect(screen).toEndWith('superuser ann created\r\n');
      expect(await hasPassword('ann', PASSWORD)).toBe(true);
    });

    test('takes lines that were pasted all at once', async () => {
      const terminal = openTerminal(['createsuperuser'], settings);
      await terminal.answer('User name:', `ann\r\r${PASSWORD}\r${PASSWORD}\r`);
      expect(await terminal.end()).toBe(0);
      expect(terminal.screen()).not.toContain('phrase');
      expect(await hasPassword('ann', PASSWORD)).toBe(true);
    });

    test.each([
      ['Ctrl-C', '\u0003'],
      ['the end of input', '\u0004'],
    ])('%s ends it, and nobody is created', async (_name, key) => {
      const atName = openTerminal(['createsuperuser'], settings);
      await atName.answer('User name:', key);
      const atPassword = openTerminal(['createsuperuser', '--username', 'ann'], settings);
      await atPassword.answer('Password:', key);
      for (const terminal of [atName, atPassword]) {
        expect(await terminal.end()).toBe(1);
        expect(terminal.screen()).toEndWith('contenthub: cancelled\r\n');
      }
      expect(await countUsers()).toBe(0);
    });
  });
});

describe('changepassword', () => {
  test('asks for the new password twice without showing it', async () => {
    await run(['createsuperuser', '--noinput', '--username', 'ann', '--generate-password']);
    const terminal: Terminal = openTerminal(['changepassword', 'ann'], settings);
    await terminal.answer('Password:', 'annannannann\r');
    await terminal.answer('Password:', `${PASSWORD}\r`);
    await terminal.answer('Password (again):', `${PASSWORD}\r`);
    expect(await terminal.end()).toBe(0);
    expect(terminal.screen()).toEndWith('password of ann changed\r\n');
    expect(terminal.screen()).not.toContain('phrase');
    expect(await hasPassword('ann', PASSWORD)).toBe(true);
  });

  test('refuses a user who is not there, and to run without a terminal', async () => {
    const nobody = await run(['changepassword', 'nobody']);
    expect([nobody.code, nobody.stderr]).toEqual([1, 'contenthub: changepassword: there is no user "nobody"\n']);
    await run(['createsuperuser', '--noinput', '--username', 'ann', '--generate-password']);
    const piped = await run(['changepassword', 'ann']);
    expect([piped.code, piped.stderr]).toEqual([1, expect.stringContaining('there is no terminal to ask on')]);
  });
});
