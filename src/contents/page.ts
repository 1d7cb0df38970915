import { TITLE_CHARACTERS_MAX } from './content.ts';
import { httpUrl } from './fields/http_url.ts';
import type { FieldKind } from './fields/kind.ts';
import { text } from './fields/text.ts';

/** The title of a page or content: one rule for forms, fixtures and the API's description. */
export const titleField: FieldKind = text({
  label: 'Title',
  help: 'The name people see.',
  example: 'Big Buck Bunny',
  charactersMax: TITLE_CHARACTERS_MAX,
});

/** A page's own fields, in the order of the API answer. Its contents stand in `pages_pagecontent`. */
export const pageFields: Readonly<Record<'title' | 'url', FieldKind>> = {
  title: text({
    label: 'Title',
    help: 'The page’s name.',
    example: 'Open movies',
    charactersMax: TITLE_CHARACTERS_MAX,
  }),
  url: httpUrl({ label: 'URL', help: 'The address the page is about.', example: 'https://studio.blender.org/films/' }),
};
