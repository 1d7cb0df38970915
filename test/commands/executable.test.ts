/** Every command once through the built executable, in a folder that tries to change what it does. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { envExample } from '../../src/config_print.ts';
import { createEmptyDatabase, createFolder, DIALECTS, type EmptyDatabase } from '../help/databases.ts';
import { buildBinary, type Outcome, runProgram, startProgram } from '../help/program.ts';
import { NATURAL_DUMP, PK_DUMP } from './fixtures/loading.ts';

const BUILD_TIMEOUT_MS = 60_000;

const folder = createFolder();
const cwd = join(folder.path, 'work');
let binary: string;
beforeAll(async () => {
  binary = await buildBinary();
  mkdirSync(cwd);
  const wrong = 'PORT=1\nDATABASE_URL=mysql://x\nDEBUG=flase\n';
  for (const name of ['.env', '.env.local', '.env.production', '.env.development'])
    writeFileSync(join(cwd, name), wrong);
  writeFileSync(join(cwd, 'preload.ts'), 'process.exit(77);\n');
  writeFileSync(join(cwd, 'bunfig.toml'), 'preload = ["./preload.ts"]\nlogLevel = "debug"\n');
  writeFileSync(join(cwd, 'package.json'), '{"type": "commonjs", "name": 5}\n');
  writeFileSync(join(cwd, 'tsconfig.json'), '{"compilerOptions": {"jsx": "nonsense"}}\n');
}, BUILD_TIMEOUT_MS);
afterAll(() => folder.remove());

describe.each(DIALECTS)('the executable on %s', (dialect) => {
  let target: EmptyDatabase;
  let settings: Record<string, string>;
  const run = (args: readonly string[], stdin?: string): Promise<Outcome> =>
    runProgram([binary], args, { settings, cwd, ...(stdin !== undefined && { stdin }) });
  beforeAll(async () => {
    target = await createEmptyDatabase(dialect);
    settings = { DATABASE_URL: target.url };
  });
  afterAll(() => target.drop());

  test('does every command', async () => {
    expect((await run(['migrate', '--check'])).code).toBe(1);
    expect((await run(['migrate'])).stdout).toStartWith('applied 0000_initial\n');
    expect((await run(['migrate', '--check'])).code).toBe(0);
    expect((await run(['loaddata', PK_DUMP, NATURAL_DUMP])).stderr).toContain('pk: auth.user 1 stands twice');
    expect((await run(['loaddata', PK_DUMP])).stdout).toEndWith('Installed 101 object(s) from 1 fixture(s)\n');
    expect((await run(['loaddata', '-'], readFileSync(NATURAL_DUMP, 'utf8'))).stdout).toContain('Installed 101');
    const dumped = await run(['dumpdata', '--natural-foreign', '--indent', '2']);
    expect(dumped.stdout).toBe(readFileSync(NATURAL_DUMP, 'utf8'));
    const created = await run(['createsuperuser', '--noinput', '--username', 'ann', '--generate-password']);
    expect(created.stdout).toStartWith('superuser ann created\n');
    expect((await run(['changepassword', 'nobody'])).stderr).toContain('there is no user "nobody"');
    expect((await run(['check'])).stdout).toBe('no problems found\n');
    expect((await run(['config', '--example'])).stdout).toBe(envExample());
    expect((await run(['shell'], '(await search("big buck")).results[0].title')).stdout).toBe('Big Buck Bunny\n');
    expect((await run(['--wbe'])).stderr).toBe('contenthub: unknown option --wbe, did you mean --web?\n');
    const [backup, other] = [join(folder.path, `${dialect}.backup`), await createEmptyDatabase(dialect)];
    expect((await run(['backup', backup, '--verify'])).stdout).toStartWith('wrote and verified ');
    expect((await run(['restore', backup, '--force'])).stdout).toEndWith(' is current\n');
    expect((await run(['move', '--to', other.url])).stdout).toContain('moved: ');
    await other.drop();
    const hub = await startProgram([binary], [], { settings, cwd });
    expect(await run(['health', hub.url])).toEqual({ code: 0, stdout: 'ok\n', stderr: '' });
    expect(await hub.end('SIGTERM')).toBe(0);
  });

  test('reads no settings, preloads or compiler options from its folder', async () => {
    const { code, stdout } = await run(['config']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^PORT +8000 +default$/m);
    expect(stdout).toMatch(/^DEBUG +0 +default$/m);
  });

  test('reads settings from the file that --env-file names', async () => {
    const { stdout } = await runProgram([binary], ['config', '--env-file', '.env'], {
      settings: { ...settings, DEBUG: '1' },
      cwd,
    });
    expect(stdout).toMatch(/^PORT +1 +environment$/m);
    expect(stdout).toMatch(/^DEBUG +1 +environment$/m);
  });
});
