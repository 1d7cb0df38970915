import type { PluralForms } from '../plural.ts';

const contentForms: PluralForms = { one: 'content', other: 'contents' };
const placeForms: PluralForms = { one: 'place', other: 'places' };

/** A page and its contents. */
export const pages = {
  add: 'Add page',
  saveAndContinue: 'Save and go on editing',
  saveAndAdd: 'Save and add another',
  created: (title: string) => `“${title}” was created.`,
  saved: (title: string) => `“${title}” was saved.`,
  alreadyRemoved: 'It was deleted already.',
  readOnly: 'Your role lets you look, not change.',
  gone: 'Somebody deleted this page while you were editing. What you typed is still here: saving it makes the page anew.',
  contents: 'Contents',
  contentForms,
  none: 'This page shows nothing yet.',
  shown: (shown: string, total: string) => `${shown} of ${total} are listed here; all of them are saved.`,
  showMore: (counted: string) => `List ${counted} more`,
  showAll: 'List all',
  row: {
    place: 'Place',
    placeOf: (title: string) => `Place of “${title}”`,
    newTab: 'opens in a new tab',
    remove: 'Take off',
    removeOf: (title: string) => `Take “${title}” off this page`,
    up: (title: string) => `Move “${title}” up`,
    down: (title: string) => `Move “${title}” down`,
    handle: (title: string) => `Reorder “${title}”`,
    undo: 'Undo',
    undoOf: (title: string) => `Undo: keep “${title}” on this page`,
    off: 'Taken off when you save',
  },
  handleHelp: 'Drag, or press Space and move with the arrow keys; Space puts down, Escape puts back.',
  say: {
    picked: (title: string, place: string, total: string) =>
      `“${title}” picked up, place ${place} of ${total}. Arrow keys move it, Space puts it down, Escape puts it back.`,
    moved: (title: string, place: string, total: string) => `“${title}”: place ${place} of ${total}.`,
    dropped: (title: string, place: string, total: string) => `“${title}” put down at place ${place} of ${total}.`,
    back: (title: string, place: string, total: string) => `“${title}” put back to place ${place} of ${total}.`,
    removed: (title: string) => `“${title}” is taken off when you save.`,
    kept: (title: string) => `“${title}” stays.`,
    failed: 'The server did not answer. Nothing is lost: try again.',
    listed: (counted: string) => `${counted} listed.`,
  },
  problems: {
    unknown: 'This is no content. Take it off the page.',
    gone: 'This content does not exist any more. Take it off the page.',
    refused: 'Contents of this kind may not be put on pages here. Take it off the page.',
    order: 'A place is a whole number from 1.',
    tooMany: (max: string, sent: string) => `A page shows at most ${max} contents, you sent ${sent}.`,
  },
  facts: 'About it',
  id: 'Number',
  savedAt: 'Last saved',
  api: 'Answer of the API',
  history: 'History',
  duplicate: 'Duplicate',
  duplicateHelp: 'Makes a page with the same contents from what is saved, and opens it.',
  copyOf: (title: string) => `${title} (copy)`,
  copied: (title: string) => `“${title}” was made. It is a page of its own.`,
  removal: {
    title: (title: string) => `Delete “${title}”?`,
    text: (counted: string) =>
      `The page and its ${counted} go. The contents stay. What it showed is kept in the history.`,
    empty: 'The page goes. It shows no contents. What it was is kept in the history.',
    placeForms,
    confirm: 'Delete the page',
    done: (title: string) => `“${title}” was deleted.`,
  },
  list: {
    onlyMine: 'only in mine',
    onlyTheirs: 'only in theirs',
    moved: (place: string) => `there at place ${place}`,
    more: (counted: string) => `and ${counted} more, the same in both`,
    cut: (counted: string) => `and ${counted} more around further differences, not shown here`,
  },
};

/** What a browser keeps until a form is saved. */
export const drafts = {
  offer: (time: string) => `Changes from ${time} were not saved. They are kept in this browser.`,
  restore: 'Put them back',
  discard: 'Throw them away',
  restored: 'Your changes are back in the form. They are not saved yet.',
};
