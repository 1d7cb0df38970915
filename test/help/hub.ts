import { openApp } from '../../src/app.ts';
import { loadFixtures } from '../../src/commands/fixtures/load.ts';
import { readConfig } from '../../src/config.ts';
import type { Database } from '../../src/db/connection.ts';
import { createLog } from '../../src/log.ts';
import { startWeb } from '../../src/roles/web.ts';
import { createTestDatabase } from './databases.ts';
import { buildBinary, startProgram, TEST_SECRET_KEY } from './program.ts';

/** What the API's contract runs against: the program in this process on both databases, and the built executable. */
export const TARGETS = ['sqlite', 'postgres', 'executable'] as const;
export type Target = (typeof TARGETS)[number];

export interface TestHub {
  /** `http://127.0.0.1:…` */
  readonly url: string;
  /** The hub's database, through a connection of the test's own. */
  readonly database: Database;
  /** Requests a path of the hub; redirects are not followed. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** What the hub logged so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts a hub on a free port with the given fixtures loaded. Stop it when the suite ends. */
export async function startTestHub(
  target: Target,
  options: { readonly fixtures?: readonly string[]; readonly settings?: Readonly<Record<string, string>> } = {},
): Promise<TestHub> {
  const test = await createTestDatabase(target === 'postgres' ? 'postgres' : 'sqlite');
  await loadFixtures(test.database, options.fixtures ?? [], { ignoreNonexistent: false, withCounters: false });
  const settings = {
    ...{ DATABASE_URL: test.url, PORT: '0', LOG_FORMAT: 'json', SECRET_KEY: TEST_SECRET_KEY },
    ...options.settings,
  };
  const hub = target === 'executable' ? await startExecutable(settings) : await startHere(settings);
  return {
    url: hub.url,
    database: test.database,
    request: (path, init) => fetch(`${hub.url}${path}`, { redirect: 'manual', ...init }),
    log: hub.log,
    stop: async () => {
      await hub.stop();
      await test.drop();
    },
  };
}

type Started = Pick<TestHub, 'url' | 'log' | 'stop'>;

async function startExecutable(settings: Readonly<Record<string, string>>): Promise<Started> {
  const program = await startProgram([await buildBinary()], [], { settings });
  return { url: program.url, log: program.log, stop: async () => void (await program.end('SIGTERM')) };
}

async function startHere(settings: Readonly<Record<string, string>>): Promise<Started> {
  let text = '';
  const config = readConfig(settings);
  const log = createLog(config.logLevel, config.logFormat, (line) => {
    text += line;
  });
  const app = await openApp(config, log, { hasAllRoles: true, hasWeb: true });
  const web = await startWeb(app, { hasPages: true });
  return {
    url: web.url,
    log: () => text,
    stop: async () => {
      await web.stop();
      await app.stopRecording();
      await app.close();
    },
  };
}
