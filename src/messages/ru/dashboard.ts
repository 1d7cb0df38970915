import type * as en from '../en/dashboard.ts';

export const dashboard: typeof en.dashboard = {
  title: 'Обзор',
};
