import type { PluralForms } from '../plural.ts';

const views: PluralForms = { one: 'view', other: 'views' };

/** The first screen. */
export const dashboard = {
  title: 'Dashboard',
  amounts: 'What there is',
  addPage: 'Add page',
  add: 'Add',
  addNamed: (name: string) => `Add ${name}`,
  page: 'page',
  recent: 'Edited last',
  recentNone: 'Nothing has been edited yet.',
  actions: { create: 'added by', update: 'edited by', delete: 'deleted by', load: 'loaded by' },
  mostViewed: 'Most viewed',
  mostViewedNone: 'No content has been viewed yet.',
  mostViewedLater: 'Being looked for among all contents. Load the page again in a moment.',
  asOf: (time: string) => `As of ${time}.`,
  content: 'Content',
  kind: 'Type',
  viewsHeading: 'Views',
  views,
  counting: 'View counting',
  toSystem: 'Look at the system',
};
