/** What a page's form says, and in which order it wants its contents. */
import type { pageFields } from '../../contents/page.ts';
import type { ContentReference, Page } from '../../store/pages.ts';
import { formatReference, parseReference } from '../../store/pages.ts';
import type { FormInput } from '../forms.ts';

/** Contents a page may be given; more than the largest page anybody reads, and few enough for one form. */
export const PAGE_CONTENTS_MAX = 5000;

/** One place of a page as it was sent. */
export interface InputRow {
  /** `label:id`, or whatever was sent in its place. */
  readonly value: string;
  /** The place that was typed for it; undefined where only the order of the fields counts. */
  readonly order: string | undefined;
  /** Ticked to be taken off the page. */
  readonly isRemoved: boolean;
}

export interface PageInput {
  readonly title: string;
  readonly url: string;
  readonly rows: readonly InputRow[];
}

/**
 * Reads the form. A field `contents` holds one reference or many, separated by blanks: a form with thousands sends most
 * of them in one. Without JavaScript each row also sends its place (`order`), and `remove` names places to be taken off.
 */
export function readPageInput(form: FormInput): PageInput {
  const values = form.all('contents').flatMap((value) => value.split(/\s+/).filter((part) => part !== ''));
  const orders = form.all('order').flatMap((value) => value.split(','));
  const removed = new Set(form.all('remove'));
  const rows = values.map((value, index) => ({
    value,
    order: orders[index]?.trim(),
    isRemoved: removed.has(String(index + 1)),
  }));
  return { title: form.get('title') ?? '', url: form.get('url') ?? '', rows };
}

/** A stored page as its form sends it. */
export function inputOf({ title, url, contents }: Pick<Page, 'title' | 'url' | 'contents'>): PageInput {
  return { title, url, rows: contents.map((reference) => newRow(formatReference(reference))) };
}

/** A row that was just added, or stands where it stood. */
export function newRow(value: string): InputRow {
  return { value, order: undefined, isRemoved: false };
}

/** The fields as the validator takes them. */
export function fieldsOf({ title, url }: PageInput): Readonly<Record<keyof typeof pageFields, string>> {
  return { title, url };
}

/** True for a place somebody may type: a whole number from 1, or nothing for "where it stands". */
export function isOrder(order: string | undefined): boolean {
  return order === undefined || /^(0*[1-9]\d{0,8})?$/.test(order);
}

/**
 * The contents in the order that is wanted, without those to be taken off. Who types a place means the place the content
 * has afterwards: moved up it goes before what stands there, moved down behind it. Beyond the end is the end.
 */
export function arrange(rows: readonly InputRow[]): InputRow[] {
  return rows
    .map((row, index) => {
      const own = index + 1;
      const wanted = row.order === undefined || row.order === '' ? own : Number(row.order);
      return { row, wanted, direction: Math.sign(wanted - own) };
    })
    .sort((one, other) => one.wanted - other.wanted || one.direction - other.direction)
    .map(({ row }) => row)
    .filter(({ isRemoved }) => !isRemoved);
}

/** The references of rows that were checked. */
export function referencesOf(rows: readonly InputRow[]): ContentReference[] {
  return rows.flatMap(({ value }) => parseReference(value) ?? []);
}
