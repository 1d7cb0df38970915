import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { assetUrl, staticFiles } from '../../src/web/static.ts';
import { type Outcome, runProgram, SOURCE } from '../help/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'contenthub-static-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function collect(...operands: string[]): Promise<Outcome> {
  return runProgram(SOURCE, ['collectstatic', ...operands], { settings: {} });
}

describe('collectstatic', () => {
  test('writes every file as it is served, and compressed beside it, for every user to read', async () => {
    const target = join(folder, 'made', 'on the way');
    expect(await collect(target)).toMatchObject({ code: 0, stderr: '' });
    const names = readdirSync(target);
    expect(names).toContain(assetUrl('app.css').replace('/static/', ''));
    for (const name of names) {
      expect(statSync(join(target, name)).mode & 0o777).toBe(0o644);
      if (name.endsWith('.gz')) continue;
      const served = await staticFiles.handle(new Request(`http://localhost/static/${name}`));
      const body = Buffer.from(await served.arrayBuffer());
      expect(served.status).toBe(200);
      expect(readFileSync(join(target, name)).equals(body)).toBe(true);
      expect(gunzipSync(readFileSync(join(target, `${name}.gz`))).equals(body)).toBe(true);
    }
  });

  test('writes what is missing, and leaves what other versions wrote', async () => {
    const target = join(folder, 'again');
    await collect(target);
    const [first = ''] = readdirSync(target);
    unlinkSync(join(target, first));
    writeFileSync(join(target, 'app.000000000000.css'), 'of another version');
    const { stdout } = await collect(target);
    expect(stdout).toStartWith('1 static files written to ');
    expect(readFileSync(join(target, 'app.000000000000.css'), 'utf8')).toBe('of another version');
    expect(readdirSync(target)).toContain(first);
  });

  test('says what is wrong with a folder it cannot write to', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { code, stderr } = await collect(file);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`cannot write static files to ${file}: `)]);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test('wants to know where to', async () => {
    expect(await collect()).toEqual({
      code: 2,
      stdout: '',
      stderr: 'contenthub: collectstatic: name the folder to write to\n',
    });
  });
});
