import { dashboardScreen } from './dashboard.ts';
import { loginScreen } from './login.ts';
import type { AdminContext, AdminRoute, Screen } from './screen.ts';
import { systemScreen } from './system.ts';

/** Every screen there is. To add one: its file beside this one, its view, its line here. */
const SCREENS: readonly Screen[] = [loginScreen, dashboardScreen, systemScreen];

/** The route table of the admin. */
export function adminRoutes(admin: AdminContext): readonly AdminRoute[] {
  return SCREENS.flatMap((screen) => screen(admin));
}
