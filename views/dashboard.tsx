import { Html } from '@kitajs/html';
import { AdminLayout } from './admin_layout.tsx';
import type { Chrome } from './parts/chrome.ts';

/** The first screen of the admin. */
export function DashboardPage({ chrome }: { chrome: Chrome }): JSX.Element {
  return <AdminLayout chrome={chrome} title={chrome.m.dashboard.title} section="dashboard"></AdminLayout>;
}
