import { autocompleteScreen } from './autocomplete.ts';
import { contentBulkScreen } from './content_bulk.ts';
import { contentListScreen } from './content_list.ts';
import { contentRemovalScreen } from './content_removal.ts';
import { contentsScreen } from './contents.ts';
import { dashboardScreen } from './dashboard.ts';
import { historyScreen } from './history.ts';
import { languageScreen } from './language.ts';
import { loginScreen } from './login.ts';
import { objectHistoryScreen } from './object_history.ts';
import { pageBulkScreen } from './page_bulk.ts';
import { pageListScreen } from './page_list.ts';
import { pageRemovalScreen } from './page_removal.ts';
import { pageRowsScreen } from './page_rows.ts';
import { pagesScreen } from './pages.ts';
import { passwordScreen } from './password.ts';
import { resetScreen } from './reset.ts';
import { restoreScreen } from './restore.ts';
import type { AdminContext, AdminRoute, Screen } from './screen.ts';
import { systemScreen } from './system.ts';
import { userScreen } from './user.ts';
import { usersScreen } from './users.ts';

/** Every screen there is. To add one: its file beside this one, its view, its line here. */
const SCREENS: readonly Screen[] = [
  loginScreen,
  languageScreen,
  dashboardScreen,
  systemScreen,
  autocompleteScreen,
  pageListScreen,
  pageBulkScreen,
  contentListScreen,
  contentBulkScreen,
  contentRemovalScreen,
  contentsScreen,
  pagesScreen,
  pageRowsScreen,
  pageRemovalScreen,
  passwordScreen,
  resetScreen,
  usersScreen,
  userScreen,
  historyScreen,
  objectHistoryScreen,
  restoreScreen,
];

/** The route table of the admin. */
export function adminRoutes(admin: AdminContext): readonly AdminRoute[] {
  return SCREENS.flatMap((screen) => screen(admin));
}
