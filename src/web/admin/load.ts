/** The admin, loaded at the first request for it: pages are served without, and the program starts in half the time. */
import type { Elysia } from 'elysia';
import type { RequestNotes } from '../request_log.ts';
import { createRouteNames, OTHER_ROUTE } from '../route_names.ts';
import type { AdminContext } from './screen.ts';

export interface LazyAdmin {
  /** True for a path of the admin. */
  serves(path: string): boolean;
  fetch(request: Request): Promise<Response>;
  /** The pattern a path belongs to. */
  routeOf(path: string): string;
}

interface Loaded {
  readonly app: Elysia;
  readonly routeOf: (path: string) => string;
}

/**
 * @param polled is told which routes a page asks by itself again and again
 * @param handleErrors makes an application answer errors as the rest of the program does
 */
export function loadAdminLater(
  admin: AdminContext,
  notes: RequestNotes,
  polled: Set<string>,
  handleErrors: (app: Elysia) => void,
): LazyAdmin {
  let loading: Promise<Loaded> | undefined;
  let loaded: Loaded | undefined;

  async function load(): Promise<Loaded> {
    const [{ mountAdmin }, { adminRoutes }] = await Promise.all([import('./guard.ts'), import('./routes.ts')]);
    const table = adminRoutes(admin);
    for (const { path, isPolled } of table) if (isPolled === true) polled.add(path);
    const app = mountAdmin(admin, table, notes, handleErrors);
    loaded = { app, routeOf: createRouteNames(app.routes.map(({ path }) => path)) };
    return loaded;
  }

  return {
    serves: (path) => path === '/admin' || path.startsWith('/admin/'),
    async fetch(request) {
      loading ??= load().catch((error: unknown) => {
        // The next request tries again.
        loading = undefined;
        throw error;
      });
      return (await loading).app.fetch(request);
    },
    routeOf: (path) => loaded?.routeOf(path) ?? OTHER_ROUTE,
  };
}
