import type { Elysia } from 'elysia';
import { type LazyApp, loadLater } from '../lazy.ts';
import type { RequestNotes } from '../request_log.ts';
import type { AdminContext } from './screen.ts';

/** True for a path of the admin. */
export const isAdmin = (path: string): boolean => path === '/admin' || path.startsWith('/admin/');

/**
 * The admin, loaded at the first request for it.
 * @param polled is told which routes a page asks by itself again and again
 * @param handleErrors makes an application answer errors as the rest of the program does
 */
export function loadAdminLater(
  admin: AdminContext,
  notes: RequestNotes,
  polled: Set<string>,
  handleErrors: (app: Elysia) => void,
): LazyApp {
  return loadLater(async () => {
    const [{ mountAdmin }, { adminRoutes }] = await Promise.all([import('./guard.ts'), import('./routes.ts')]);
    const table = adminRoutes(admin);
    for (const { path, isPolled } of table) if (isPolled === true) polled.add(path);
    return mountAdmin(admin, table, notes, handleErrors);
  });
}
