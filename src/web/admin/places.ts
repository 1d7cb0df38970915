import { findContentType } from '../../contents/index.ts';
import { PAGE_LABEL } from '../../store/pages.ts';

/** Where an object is edited, or undefined for what has no screen. @param label a content model's, or a page's */
export function placeOf(label: string, id: number): string | undefined {
  if (label === PAGE_LABEL) return `/admin/pages/${id}/`;
  const type = findContentType(label);
  return type === undefined ? undefined : `/admin/contents/${type.type}/${id}/`;
}
