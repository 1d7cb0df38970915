import { defineContent } from './content.ts';
import { longText } from './fields/long_text.ts';

/** A text to be read aloud. */
export const audio = defineContent({
  label: 'pages.audiocontent',
  type: 'audio',
  name: 'audio',
  namePlural: 'audios',
  translations: {
    ru: {
      name: 'аудио',
      namePlural: 'аудио',
      fields: { text: { label: 'Текст', help: 'Текст, который читают.' } },
    },
  },
  fields: {
    text: longText({
      label: 'Text',
      help: 'The text that is read.',
      example: 'Shall I compare thee to a summer’s day?\nThou art more lovely and more temperate:',
    }),
  },
});
