import type { PluralForms } from '../plural.ts';

const resultForms: PluralForms = { one: 'content', other: 'contents' };
const pageForms: PluralForms = { one: 'page', other: 'pages' };

/** Choosing contents for a page, and making new ones while doing so. */
export const chooser = {
  label: 'Add contents',
  placeholder: 'Type a part of the title',
  submit: 'Search contents',
  resultForms,
  pageForms,
  found: (counted: string) => `${counted} found.`,
  foundFirst: (counted: string) => `The first ${counted}; there are more.`,
  nothing: 'There are no contents yet.',
  nothingFor: (term: string) => `Nothing has “${term}” in its title.`,
  noMore: 'No more contents.',
  more: 'Show more',
  onPages: (counted: string) => `on ${counted}`,
  onManyPages: (n: string) => `on ${n} pages or more`,
  onNoPage: 'on no page',
  create: (name: string) => `New ${name}…`,
  createFor: (name: string, term: string) => `New ${name} “${term}”…`,
  added: (text: string) => `Added: ${text}`,
  loading: 'Searching…',
  failed: 'The search did not answer. Try again',
  ended:
    'Your session has ended. Save the form: it asks for your password and keeps what you typed. Or log in elsewhere and try again here',
  denied: 'You may not do this any more. Ask an admin, then try again here',
  dialog: {
    title: (name: string) => `New ${name}`,
    create: 'Create and add',
    discard: 'Close without creating it? What you typed here is lost.',
    failed: 'It could not be stored: the server did not answer as it should. What you typed is still here; try again.',
    ended: 'Your session has ended. Log in in another window, then send this again: what you typed is still here.',
    login: 'Log in in another window',
    denied:
      'This could not be accepted. What you typed is still here; copy it if you need it, and load the page again.',
  },
  page: {
    title: 'Choose contents',
    add: 'Add the ticked ones',
    cancel: 'Back without adding',
    results: 'Contents found',
    ticked: 'Ticked before',
    previous: 'Previous',
    next: 'Next',
    number: (n: string) => `Page ${n}`,
  },
};
