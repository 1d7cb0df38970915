/** Values before and after as changes of fields that a reader can take in, within what one screen may cost. */
import type { FieldChange, ListChange } from '../../../views/parts/field_change.tsx';
import { compareLists } from '../../../views/parts/list_diff.ts';
import { wordsOf } from '../../contents/content.ts';
import { findContentType } from '../../contents/index.ts';
import type { Connection } from '../../db/connection.ts';
import type { Messages } from '../../messages/index.ts';
import { findTitles } from '../../store/contents.ts';
import type { HistoryValues } from '../../store/history.ts';
import { isList } from '../../store/history_json.ts';
import { parseReference } from '../../store/pages.ts';
import { fieldName, valueText } from './history_names.ts';
import { placeOf } from './places.ts';

/** Characters of texts that one screen compares word by word: more would hold up everybody else's requests. */
const COMPARED_CHARACTERS_MAX = 1_000_000;
/** Changed places of a list that are named. */
const PLACES_NAMED_MAX = 30;

/** Values of one object at two moments; undefined where there was no object. */
export interface TwoVersions {
  readonly label: string;
  readonly before: HistoryValues | undefined;
  readonly after: HistoryValues | undefined;
  /** Where they are compared when this screen has no room for it. */
  readonly href: string;
}

/** A change of a list with the references it names, before they have titles. */
interface Place {
  readonly mark: ListChange['mark'];
  readonly value: string;
  readonly place: number;
  readonly from?: number | undefined;
}

/** The changes of each pair, in the reader's language. */
export async function describeChanges(
  connection: Connection,
  m: Messages,
  pairs: readonly TwoVersions[],
): Promise<FieldChange[][]> {
  let room = COMPARED_CHARACTERS_MAX;
  const fits = (characters: number) => {
    const has = characters <= room;
    if (has) room -= characters;
    return has;
  };
  const drafts = pairs.map((pair) => namesOf(pair).map((name) => compareField(m, pair, name, fits)));
  const values = drafts.flat().flatMap((draft) => ('places' in draft ? draft.places.map(({ value }) => value) : []));
  const name = await nameReferences(connection, m, values);
  return drafts.map((fields) =>
    fields.map((draft): FieldChange => {
      if (!('places' in draft)) return draft;
      const changes = draft.places.map(({ value, ...place }) => ({ ...place, ...name(value) }));
      return { kind: 'list', label: draft.label, changes, more: draft.more };
    }),
  );
}

function namesOf({ before, after }: TwoVersions): string[] {
  return Object.keys({ ...before, ...after });
}

type Draft = FieldChange | { readonly label: string; readonly places: readonly Place[]; readonly more: number };

function compareField(
  m: Messages,
  { label, before, after, href }: TwoVersions,
  name: string,
  fits: (characters: number) => boolean,
): Draft {
  const field = fieldName(m, label, name);
  const [old, now] = [before?.[name], after?.[name]];
  if (isList(old) || isList(now)) {
    const places = comparePlaces(isList(old) ? old : [], isList(now) ? now : []);
    const more = Math.max(0, places.length - PLACES_NAMED_MAX);
    return { label: field, places: places.slice(0, PLACES_NAMED_MAX), more };
  }
  const texts = [old, now].map((value) => (value === undefined ? undefined : valueText(m, name, value)));
  const [from, to] = texts;
  const isComparison = from !== undefined && to !== undefined;
  if (!isComparison || fits(from.length + to.length)) return { kind: 'text', label: field, before: from, after: to };
  return { kind: 'long', label: field, before: from.length, after: to.length, href };
}

/** The places that differ, in the order of the newer list; what was taken off comes where it was. */
function comparePlaces(before: readonly string[], after: readonly string[]): Place[] {
  const { mine, theirs } = compareLists(after, before);
  const removed = theirs.flatMap(({ mark, value, place }) =>
    mark === 'only' ? [{ mark: 'removed', value, place } as const] : [],
  );
  const others = mine.flatMap(({ mark, value, place, otherPlace }) => {
    if (mark === 'same') return [];
    return [{ mark: mark === 'only' ? 'added' : 'moved', value, place, from: otherPlace } as const];
  });
  return [...removed, ...others].sort((one, other) => one.place - other.place);
}

/** What references are called: with the title of what still exists, and a number in any case. */
export async function nameReferences(
  connection: Connection,
  m: Messages,
  values: readonly string[],
): Promise<(value: string) => { readonly text: string; readonly href: string | undefined }> {
  const titles = await findTitles(
    connection,
    [...new Set(values)].flatMap((value) => parseReference(value) ?? []),
  );
  return (value) => {
    const reference = parseReference(value);
    if (reference === undefined) return { text: value, href: undefined };
    const { label, id } = reference;
    const type = findContentType(label);
    const title = titles.get(label)?.get(id);
    const number = `${type === undefined ? label : wordsOf(type, m.language).name} #${id}`;
    if (title === undefined) return { text: number, href: undefined };
    return { text: `${title} (${number})`, href: placeOf(label, id) };
  };
}
