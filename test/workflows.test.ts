/** The workflows for the forge: they parse, call what the project has, and take no action that changes by itself. */
import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, '.github', 'workflows');
const MAKEFILE = readFileSync(join(ROOT, 'Makefile'), 'utf8');

interface Step {
  readonly run?: string;
  readonly uses?: string;
}

interface Workflow {
  readonly name: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly needs?: string | readonly string[]; readonly steps: readonly Step[] }>
  >;
}

function read(file: string): Workflow {
  return Bun.YAML.parse(readFileSync(join(FOLDER, file), 'utf8')) as Workflow;
}

const stepsOf = (workflow: Workflow) => Object.values(workflow.jobs).flatMap(({ steps }) => steps);

describe.each(readdirSync(FOLDER))('%s', (file) => {
  const workflow = read(file);
  const scripts = stepsOf(workflow).flatMap(({ run }) => run ?? []);

  test('has jobs whose steps do one thing, and that wait for jobs there are', () => {
    expect(stepsOf(workflow).length).toBeGreaterThan(0);
    for (const step of stepsOf(workflow)) expect([step, 'run' in step !== 'uses' in step]).toEqual([step, true]);
    const needed = Object.values(workflow.jobs).flatMap(({ needs = [] }) => needs);
    expect(needed.filter((job) => !(job in workflow.jobs))).toEqual([]);
  });

  test('may only read, unless a job says otherwise', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });

  test('takes every action as the one commit it was when it was looked at', () => {
    for (const uses of stepsOf(workflow).flatMap((step) => step.uses ?? []))
      expect(uses).toMatch(/^[\w.-]+\/[\w.-]+@[0-9a-f]{40}$/);
  });

  test('calls targets of the Makefile, and files of the project, that are there', () => {
    const targets = scripts.flatMap((script) => [...script.matchAll(/\bmake ([a-z-]+)/g)].map(([, name = '']) => name));
    expect(targets.filter((target) => !new RegExp(`^${target}:`, 'm').test(MAKEFILE))).toEqual([]);
    const paths = scripts.filter((script) => /^\.\w/.test(script)).map((script) => script.split(' ')[0] ?? '');
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  test('runs all tests and checks', () => {
    expect(scripts).toContain('.ci/run');
  });

  test('is shell that a shell can read', () => {
    for (const script of scripts) {
      const { exitCode, stderr } = Bun.spawnSync(['sh', '-n', '-c', script.replaceAll(/\$\{\{.*?\}\}/g, 'x')]);
      expect([script, exitCode, stderr.toString()]).toEqual([script, 0, '']);
    }
  });
});

test('a release builds for each machine through `make build`, which takes the machine', () => {
  const builds = stepsOf(read('release.yml')).flatMap(({ run }) => (run?.startsWith('make build') ? run : []));
  expect(builds).toEqual([expect.stringMatching(/^make build TARGET=bun-\$\{\{ matrix\.machine \}\}$/)]);
  expect(MAKEFILE).toContain('--target=$(TARGET)');
});

test('a release with a hyphen is a pre-release, and no `latest` of anything', () => {
  const script = stepsOf(read('release.yml')).flatMap(({ run }) => (run?.includes('gh release create') ? run : []))[0];
  const images = stepsOf(read('release.yml')).flatMap(({ run }) => (run?.includes('imagetools create') ? run : []))[0];
  const runs = (text: string | undefined, tag: string) =>
    Bun.spawnSync(['sh', '-euc', `gh() { echo "$@"; }; docker() { echo "$@"; }; ${text}`], {
      env: { PATH: process.env.PATH ?? '', GITHUB_REF_NAME: tag, GITHUB_REPOSITORY: 'Some/Hub' },
      cwd: ROOT,
    }).stdout.toString();
  expect(runs(script, 'v1.0.0-rc.1')).toStartWith('release create v1.0.0-rc.1 --prerelease ');
  expect(runs(script, 'v1.0.0')).toStartWith('release create v1.0.0 --latest ');
  expect(runs(images, 'v1.0.0-rc.1')).not.toContain('latest');
  expect(runs(images, 'v1.0.0')).toContain('--tag ghcr.io/some/hub:1.0.0 --tag ghcr.io/some/hub:latest ');
});
