import { DashboardPage } from '../../../views/dashboard.tsx';
import type { Screen } from './screen.ts';

export const dashboardScreen: Screen = () => [
  {
    method: 'GET',
    path: '/admin/',
    access: 'viewer',
    handle: ({ chrome }) => ({ html: DashboardPage({ chrome }) }),
  },
];
