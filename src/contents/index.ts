import { audio } from './audio.ts';
import type { ContentType } from './content.ts';
import { video } from './video.ts';

/** Every content type there is. To add one: its file beside these, its line here, `make migrations`. */
export const contentTypes: readonly ContentType[] = [video, audio];

const byLabel = new Map(contentTypes.map((type) => [type.label, type]));

/** The content type with this label, or undefined. */
export function findContentType(label: string): ContentType | undefined {
  return byLabel.get(label);
}
