import type { PluralForms } from '../plural.ts';

const pageForms: PluralForms = { one: 'page', other: 'pages' };
const placeForms: PluralForms = { one: 'place', other: 'places' };

/** Lists of pages and contents, and deleting several of them. */
export const lists = {
  searchTitles: 'Search by title',
  found: (counted: string) => `Found: ${counted}`,
  foundMore: 'Found more than can be counted; the best are first.',
  failed: 'The search did not answer. Try again.',
  nothingFor: (term: string) => `Nothing has “${term}” in its title.`,
  showAll: 'Show all',
  changed: 'Changed',
  sortUp: 'Sort ascending',
  sortDown: 'Sort descending',
  parts: 'Parts of the list',
  first: 'First',
  previous: 'Previous',
  next: 'Next',
  last: 'Last',
  select: (title: string) => `Select “${title}”`,
  selectAll: 'Select all on this screen',
  selected: 'Selected:',
  removeSelected: 'Delete selected…',
  noContents: (namePlural: string) => `${namePlural}: there are none yet. Pages show what you add here.`,
  countContents: (n: string, namePlural: string) => `${namePlural}: ${n}`,
  pages: {
    forms: pageForms,
    add: 'Add page',
    contents: 'Contents',
    none: 'There are no pages yet. A page has an address and shows contents in an order of your choice.',
  },
  removal: {
    title: 'Delete these?',
    nothing: 'Nothing was selected. Tick the rows to delete first.',
    pages: (counted: string) => `Deleted: ${counted}.`,
    contents: (n: string) => `Deleted: ${n}.`,
    kept: (n: string) => `Kept, because pages show them: ${n}.`,
    alreadyRemoved: (n: string) => `Deleted already by somebody else: ${n}.`,
    summary: (counted: string) => `To be deleted: ${counted}.`,
    places: (counted: string) => `Their contents stay; they lose ${counted} on these pages.`,
    noPlaces: 'They show no contents.',
    more: (n: string) => `and ${n} more`,
    protected: 'These stay, because pages show them:',
    allStay: 'None of these can be deleted',
    confirm: (n: string) => `Delete ${n}`,
    historyStays: 'What they held stays in the history.',
  },
  placeForms,
};
