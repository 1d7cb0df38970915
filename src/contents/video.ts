import { defineContent } from './content.ts';
import { httpUrl } from './fields/http_url.ts';
import { optionalUrl } from './fields/optional_url.ts';

/** A film: the address of its file and, where there are any, of its subtitles. */
export const video = defineContent({
  label: 'pages.videocontent',
  type: 'video',
  name: 'video',
  namePlural: 'videos',
  translations: {
    ru: {
      name: 'видео',
      namePlural: 'видео',
      fields: {
        file_url: { label: 'Адрес файла', help: 'Адрес файла с фильмом.' },
        subtitles_url: { label: 'Адрес субтитров', help: 'Адрес субтитров фильма.' },
      },
    },
  },
  preview: { kind: 'video', file: 'file_url', subtitles: 'subtitles_url' },
  fields: {
    file_url: httpUrl({
      label: 'File URL',
      help: 'The address of the film’s file.',
      example: 'https://download.blender.org/peach/bigbuckbunny_movies/BigBuckBunny_320x180.mp4',
    }),
    subtitles_url: optionalUrl({
      label: 'Subtitles URL',
      help: 'The address of the film’s subtitles.',
      example: 'https://durian.blender.org/wp-content/content/subtitles/sintel_en.srt',
    }),
  },
});
