import type { PluralForms } from '../plural.ts';

const pageForms: PluralForms = { one: 'page', other: 'pages' };

/** Sections of content types: the form, its preview, deletion. */
export const contents = {
  add: (name: string) => `Add ${name}`,
  saveAndContinue: 'Save and go on editing',
  saveAndAdd: 'Save and add another',
  created: (title: string) => `“${title}” was created.`,
  saved: (title: string) => `“${title}” was saved.`,
  alreadyRemoved: 'It was deleted already.',
  readOnly: 'Your role lets you look, not change.',
  facts: 'About it',
  counter: 'Views',
  counterHelp: 'Counted by the API.',
  id: 'Number',
  history: 'History',
  uses: 'Used on',
  notUsed: 'No page shows it.',
  usedOn: (counted: string) => `${counted} show it.`,
  usedOnOne: 'One page shows it.',
  moreThan: (n: string) => `more than ${n}`,
  morePages: (counted: string) => `and ${counted} more`,
  pageForms,
  gone: 'Somebody deleted this while you were editing. What you typed is still here: saving it makes it anew.',
  removal: {
    title: (title: string) => `Delete “${title}”?`,
    text: 'No page shows it. What it held stays in the history.',
    confirm: 'Delete',
    done: (title: string) => `“${title}” was deleted.`,
    protected: (title: string) => `“${title}” cannot be deleted`,
    protectedText: 'Pages show it. Take it off these pages first:',
  },
  preview: {
    title: 'Preview',
    show: 'Show the film',
    offer: (host: string) => `Asks ${host} for it. Nothing is loaded from there before.`,
    noAddress: 'There is nothing to show without an http or https address.',
    film: 'Film',
    subtitles: 'Subtitles',
    noSubtitles: 'This film has no subtitles.',
    srt: 'The subtitles are a SubRip file (.srt). Browsers show only WebVTT (.vtt), so they do not appear here; programs that read SubRip are not affected.',
    badSubtitles: 'The address of the subtitles is no http or https address, so they are not loaded.',
    withoutScript:
      'If the film does not play: its file may be missing, its host out of reach, or its format unknown to this browser. Subtitles need JavaScript here, a WebVTT file, and hosts that let other sites read them (CORS).',
    notes: {
      unplayable:
        'The film cannot be played here: its file is missing, its host cannot be reached, or its format is one that this browser does not know.',
      damaged:
        'The film began, and then could not be read: the file is damaged, or holds a format this browser does not know.',
      interrupted: 'The connection to the host of the film was lost while it was loading. Show it again to try again.',
      film_cors:
        'The subtitles cannot be shown here: the host of the film does not let other sites read its files (CORS), and browsers ask for that before they show subtitles of another host.',
      subtitles:
        'The subtitles could not be loaded: the file is missing, it is not WebVTT, or its host does not let other sites read it (CORS: it must send Access-Control-Allow-Origin).',
    },
  },
};
