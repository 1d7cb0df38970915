import type { Preview } from '../../../views/parts/preview.tsx';
import type { ContentType } from '../../contents/content.ts';
import { parseHttpUrl } from '../../contents/fields/http_url.ts';
import { isRefusal } from '../../contents/fields/kind.ts';
import type { ContentInput } from './content_fields.ts';

/** The name of the button, and in an address of the wish, that asks for the preview. */
export const PREVIEW_FIELD = '_preview';
/** Media of any host: for the one answer that shows a preview, which somebody asked for. */
const FOREIGN_MEDIA = { 'media-src': 'https: http:' } as const;

/** What can be shown of a content with these values, or undefined for a type that has no preview. */
export function previewOf(type: ContentType, input: ContentInput, isAsked: boolean): Preview | undefined {
  if (type.preview === undefined) return undefined;
  const file = input[type.preview.file] ?? '';
  const subtitles = input[type.preview.subtitles] ?? '';
  const isPlayable = isAddress(file);
  return { file, subtitles, isPlayable, isShown: isAsked && isPlayable, subtitlesAre: describeSubtitles(subtitles) };
}

/** The sources an answer with this preview cannot do without. */
export function policyFor(preview: Preview | undefined): Readonly<Record<string, string>> {
  return preview?.isShown ? FOREIGN_MEDIA : {};
}

function describeSubtitles(address: string): Preview['subtitlesAre'] {
  if (address === '') return 'none';
  if (!isAddress(address)) return 'bad';
  // Browsers show WebVTT alone; this is the format people have instead.
  return new URL(address).pathname.toLowerCase().endsWith('.srt') ? 'srt' : 'present';
}

function isAddress(text: string): boolean {
  return !isRefusal(parseHttpUrl(text));
}
