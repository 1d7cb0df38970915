/** docs/contenthub.service: systemd takes it, and what it names is there. */
import { afterAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serveOptions } from '../src/commands/serve.ts';
import { type Setting, settings } from '../src/config.ts';
import { createFolder } from './help/databases.ts';

const PROGRAM = '/usr/local/bin/contenthub';
/** The hub's own deadline for a clean stop. */
const STOP_SECONDS = 10;

const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'contenthub.service'), 'utf8');
const lines = [...text.matchAll(/^([A-Za-z]+)=(.*)$/gm)].map(([, key = '', value = '']) => ({ key, value }));
const valuesOf = (key: string) => lines.filter((line) => line.key === key).map(({ value }) => value);

const folder = createFolder();
afterAll(() => folder.remove());
const hasSystemd = Bun.which('systemd-analyze') !== null;

/** What systemd says about a unit; it would also want the program to be there. */
function verify(unit: string): string {
  const path = join(folder.path, 'contenthub.service');
  writeFileSync(path, unit.replaceAll(PROGRAM, '/bin/true'));
  const { stdout, stderr } = Bun.spawnSync(['systemd-analyze', 'verify', '--man=no', path]);
  return `${stdout}${stderr}`;
}

describe('docs/contenthub.service', () => {
  test.skipIf(!hasSystemd)(
    'is understood by systemd without a word, also as a template (needs systemd-analyze)',
    () => {
      expect(verify('[Service]\nExecStart=/bin/true\nProtectHom=yes\n')).toContain('ProtectHom');
      expect(verify(text)).toBe('');
      expect(verify(text.replace(PROGRAM, `${PROGRAM} --%i`))).toBe('');
    },
  );

  test('starts the program with options it has', () => {
    const [command = ''] = valuesOf('ExecStart');
    const [program, ...options] = command.split(' ');
    expect(program).toBe(PROGRAM);
    const known = serveOptions.map(({ name }) => `--${name}`);
    expect(options.filter((option) => option.startsWith('--') && !known.includes(option))).toEqual([]);
  });

  test('gives it settings that it reads', () => {
    const known = Object.values<Setting<unknown>>(settings).flatMap(({ name, secret }) =>
      secret ? [name, `${name}_FILE`] : [name],
    );
    const given = valuesOf('Environment').map((value) => value.slice(0, value.indexOf('=')));
    expect(given).toContain('SECRET_KEY_FILE');
    expect(given.filter((name) => !known.includes(name))).toEqual([]);
    expect(valuesOf('Environment')).toContain(`DATA_DIR=/var/lib/${valuesOf('StateDirectory')[0]}`);
    const [credential = ''] = valuesOf('LoadCredential');
    expect(valuesOf('Environment')).toContain(`SECRET_KEY_FILE=%d/${credential.split(':')[0]}`);
  });

  test('gives it time to stop, and lets it compile', () => {
    expect(Number(valuesOf('TimeoutStopSec')[0])).toBeGreaterThan(STOP_SECONDS);
    expect(valuesOf('MemoryDenyWriteExecute')).toEqual([]);
  });

  test.each([
    ['DynamicUser', 'yes'],
    ['NoNewPrivileges', 'yes'],
    ['ProtectSystem', 'strict'],
    ['CapabilityBoundingSet', ''],
  ])('leaves it nothing it does not need: %s', (key, value) => {
    expect(valuesOf(key)).toEqual([value]);
  });
});
