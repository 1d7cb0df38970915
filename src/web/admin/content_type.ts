/** The content type and the content that an address names. */
import type { ContentSection } from '../../../views/content_form.tsx';
import { capitalize } from '../../../views/parts/capital.ts';
import { type ContentType, wordsOf } from '../../contents/content.ts';
import { contentTypes } from '../../contents/index.ts';
import { AppError } from '../../errors.ts';
import { type AdminRequest, parseId } from './screen.ts';

/** The section of every type; what stands in it begins with this. */
export const SECTION_PATH = '/admin/contents/:type/';

/** The type. @throws AppError `not_found` for one that is not registered */
export function typeOf({ params }: Pick<AdminRequest, 'params'>): ContentType {
  const type = contentTypes.find((known) => known.type === params.type);
  if (type === undefined) throw new AppError('not_found', 'no such content type');
  return type;
}

/** The id. @throws AppError `not_found` for what can be none */
export function idOf({ params }: Pick<AdminRequest, 'params'>): number {
  const id = parseId(params.id);
  if (id === undefined) throw new AppError('not_found', 'no such content');
  return id;
}

/** The address of a type's list; its parts stand under it. */
export function listPath({ type }: Pick<ContentType, 'type'>): string {
  return `/admin/contents/${type}/`;
}

/** The address of one content. */
export function contentPath(type: Pick<ContentType, 'type'>, id: number): string {
  return `${listPath(type)}${id}/`;
}

/** A type as its section shows it. */
export function sectionOf(type: ContentType, language: string): ContentSection {
  const { name, namePlural } = wordsOf(type, language);
  return { type: type.type, name, namePlural: capitalize(namePlural, language) };
}
