/**
 * Parts of the web side that are loaded with the first request for them. Pages are served without the router, and the
 * program starts in half the time.
 */
import type { Elysia } from 'elysia';
import { createRouteNames } from './route_names.ts';

export interface LazyApp {
  /** Never rejects with what a route threw; does so when the part cannot be loaded. */
  fetch(request: Request): Promise<Response>;
  /** The pattern a path belongs to. */
  routeOf(path: string): string;
}

/**
 * @param load builds the application; is called again when it failed
 * @param known patterns of paths that are answered without it
 */
export function loadLater(load: () => Promise<Elysia>, known: readonly string[] = []): LazyApp {
  let loading: Promise<Elysia> | undefined;
  let routeOf = createRouteNames(known);

  async function loadOnce(): Promise<Elysia> {
    try {
      const app = await load();
      routeOf = createRouteNames([...known, ...app.routes.map(({ path }) => path)]);
      return app;
    } catch (error) {
      // The next request tries again.
      loading = undefined;
      throw error;
    }
  }

  return {
    async fetch(request) {
      loading ??= loadOnce();
      return (await loading).fetch(request);
    },
    routeOf: (path) => routeOf(path),
  };
}
