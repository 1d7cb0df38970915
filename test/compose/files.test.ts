/** The files for containers, read: what they promise, and what they name, exists. Running them is `test/compose/run`. */
import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { YAML } from 'bun';
import { type Setting, settings } from '../../src/config.ts';
import { VERSION } from '../../src/version.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const HUB = ['web', 'worker', 'beat', 'migrate', 'static'];

interface Service {
  readonly image?: string;
  readonly command?: string | string[];
  readonly user?: string;
  readonly ports?: string[];
  readonly read_only?: boolean;
  readonly cap_drop?: string[];
  readonly security_opt?: string[];
  readonly mem_limit?: string;
  readonly networks?: string[];
  readonly network_mode?: string;
  readonly environment?: Record<string, string>;
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const compose = YAML.parse(read('docker-compose.yaml')) as { services: Record<string, Service> };
const services = Object.entries(compose.services);
const dockerfile = read('Dockerfile');

describe('docker-compose.yaml', () => {
  test('has the roles and what they need', () => {
    const names = ['nginx', ...HUB, 'db', 'redis', 'secrets'];
    expect(services.map(([name]) => name).toSorted()).toEqual(names.toSorted());
  });

  test('publishes nginx alone', () => {
    expect(services.flatMap(([name, { ports }]) => (ports === undefined ? [] : [name]))).toEqual(['nginx']);
  });

  test.each(services)('%s may not become more than it is, and has a limit', (name, service) => {
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.cap_drop).toEqual(['ALL']);
    if (name !== 'secrets') expect(service.mem_limit).toMatch(/^\d+[mg]$/);
  });

  test.each(HUB)('%s cannot write to its root, and has only settings that exist', (name) => {
    const { read_only, environment = {} } = compose.services[name] ?? {};
    expect(read_only).toBe(true);
    const known = Object.values<Setting<unknown>>(settings).flatMap(({ name: setting, secret }) =>
      secret ? [setting, `${setting}_FILE`] : [setting],
    );
    expect(Object.keys(environment).filter((key) => !known.includes(key))).toEqual([]);
  });

  test('lets no one but nginx out of the inner network', () => {
    const outside = services.filter(([, { networks = [] }]) => networks.includes('front')).map(([name]) => name);
    expect(outside).toEqual(['nginx', 'web']);
  });
});

describe('the Dockerfile', () => {
  test('builds with the pinned Bun, and says the version', () => {
    const bun = /"packageManager": "bun@([\d.]+)"/.exec(read('package.json'))?.[1];
    expect(dockerfile).toContain(`FROM oven/bun:${bun} AS build`);
    expect(dockerfile).toContain(`ARG VERSION=${VERSION}\n`);
  });

  test('copies what the executable is made of, and .dockerignore lets it through', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, files = '']) => files.split(' '));
    expect(copied.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    const allowed = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, file = '']) => file);
    expect(copied.toSorted()).toEqual(allowed.toSorted());
  });
});

describe('nginx', () => {
  test('includes files that are there', () => {
    const files = readdirSync(join(ROOT, 'nginx'));
    const included = files.flatMap((file) =>
      [...read(`nginx/${file}`).matchAll(/\/etc\/nginx\/hub\/([\w./]+)/g)].map(([, name = '']) => name),
    );
    expect(included.length).toBeGreaterThan(5);
    expect(included.filter((name) => !files.includes(name) && !name.startsWith('tls/'))).toEqual([]);
  });
});
