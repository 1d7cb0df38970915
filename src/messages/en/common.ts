/** Words that stand on every screen. */
export const common = {
  product: 'ContentHub',
  skip: 'Skip to content',
  save: 'Save',
  cancel: 'Cancel',
  remove: 'Delete',
  search: 'Search',
  yes: 'yes',
  no: 'no',
  none: 'none',
  optional: 'optional',
  back: 'Back',
  close: 'Close',
  loading: 'Loading…',
  noScript: 'More comfortable with JavaScript, complete without it.',
};

/** The frame around every screen. */
export const frame = {
  navigation: 'Sections',
  breadcrumbs: 'Where you are',
  dashboard: 'Dashboard',
  pages: 'Pages',
  users: 'Users',
  history: 'History',
  system: 'System',
  api: 'API',
  account: 'Account',
  loggedInAs: (name: string) => `Logged in as ${name}`,
  password: 'Change password',
  logout: 'Log out',
  language: 'Language',
  languageOfBrowser: 'as the browser asks',
  roles: { viewer: 'viewer', editor: 'editor', admin: 'admin', none: 'no access' },
};

/** What a form says of a value it cannot take; `key` is that of the refusal. */
export const refusals = {
  required: 'This field is required.',
  too_long: (max: number, sent: number) => `At most ${max} characters, you sent ${sent}.`,
  not_http: 'Enter an http or https address.',
  nul: 'NUL characters are not allowed.',
  not_unicode: 'This is not valid Unicode text (a lone surrogate).',
  summary: (n: number) => (n === 1 ? 'One field needs another look.' : `${n} fields need another look.`),
};

/** Fields of pages and titles; those of a content type stand in its own file. */
export const fields = {
  title: { label: 'Title', help: 'The name people see.' },
  url: { label: 'URL', help: 'The address the page is about.' },
};
