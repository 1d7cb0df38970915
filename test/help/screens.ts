/** Every screen of the admin that can be looked at, from its route table: what walks this list covers a new screen. */
import { openApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { contentTypes } from '../../src/contents/index.ts';
import type { Connection } from '../../src/db/connection.ts';
import { createLog } from '../../src/log.ts';
import { listHistory } from '../../src/store/history.ts';
import { PAGE_LABEL } from '../../src/store/pages.ts';
import { adminRoutes } from '../../src/web/admin/routes.ts';
import type { Access, AdminRoute } from '../../src/web/admin/screen.ts';
import { createReadiness } from '../../src/web/readiness.ts';
import { readOrigins } from '../../src/web/request.ts';
import { createTestDatabase } from './databases.ts';
import { TEST_SECRET_KEY } from './program.ts';

export interface ShownScreen {
  /** `/admin/pages/:id/`. */
  readonly pattern: string;
  /** An address of the sample hub: `/admin/pages/1/`. */
  readonly path: string;
  readonly access: Access;
}

/** The route table of the admin, without a hub that serves it. */
export async function readRoutes(): Promise<readonly AdminRoute[]> {
  const test = await createTestDatabase('sqlite');
  const config = readConfig({ DATABASE_URL: test.url, SECRET_KEY: TEST_SECRET_KEY });
  const app = await openApp(
    config,
    createLog('error', 'json', () => {}),
    { hasAllRoles: true, hasWeb: true },
  );
  const roles = { hasPages: true };
  const routes = adminRoutes({
    ...app,
    roles,
    readiness: createReadiness(app, roles),
    origins: readOrigins(config, () => undefined),
    keys: [TEST_SECRET_KEY],
    cache: { clear() {} },
  });
  await app.close();
  await test.drop();
  return routes;
}

/** What a GET shows, each screen once for each content type it has. */
export async function listScreens(): Promise<ShownScreen[]> {
  const routes = await readRoutes();
  return (
    routes
      // The chooser's answers are for programs; the screens that hold a chooser show it. A link is made by a form.
      .filter(({ method, path }) => method === 'GET' && !/^\/admin\/(autocomplete|users\/:id\/reset)\//.test(path))
      .flatMap(({ path: pattern, access }) =>
        addressesOf(pattern).map((path): ShownScreen => ({ pattern, path, access })),
      )
  );
}

/** The address with the newest entry of its object's history, where it names one. */
export async function withNewestEntry(database: Connection, path: string): Promise<string> {
  const [, section = '', type] = /^\/admin\/(pages|contents\/(\w+))\/1\/history\/1\//.exec(path) ?? [];
  if (section === '') return path;
  const label = contentTypes.find((known) => known.type === type)?.label ?? PAGE_LABEL;
  const [newest] = await listHistory(database, { label, id: 1, limit: 1 });
  return path.replace('/history/1/', `/history/${newest?.entry}/`);
}

/** Opens the screen for a new password, in a hub where `createResetLink` was called with its hash. */
export const RESET_TOKEN = 'token-of-the-link-that-tests-set-passwords-';

/**
 * Addresses that a pattern stands for, one for each content type where it names one. Everything in the sample hub has
 * something with the number 1.
 */
export function addressesOf(pattern: string): string[] {
  const withTypes = pattern.includes(':type')
    ? contentTypes.map(({ type }) => pattern.replace(':type', type))
    : [pattern];
  return withTypes.map((path) => path.replace(':token', RESET_TOKEN).replaceAll(/:\w+/g, '1'));
}
