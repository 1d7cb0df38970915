/** The page for a save that came after somebody else's: both versions, field by field. */
import { PageConflictPage } from '../../../views/page_conflict.tsx';
import type { ConflictField } from '../../../views/parts/conflict_field.ts';
import { compareLists, mergeLists } from '../../../views/parts/list_diff.ts';
import { wordsOf } from '../../contents/content.ts';
import { findContentType } from '../../contents/index.ts';
import type { Connection } from '../../db/connection.ts';
import type { Messages } from '../../messages/index.ts';
import { findTitles } from '../../store/contents.ts';
import type { HistoryValues } from '../../store/history.ts';
import { findPage, formatReference, PAGE_LABEL, type Page, pageValues, parseReference } from '../../store/pages.ts';
import { type EarlierVersion, findEarlierVersion } from '../../store/versions.ts';
import { arrange, type PageInput } from './page_input.ts';
import type { AdminContext, AdminRequest, Reply } from './screen.ts';

interface LateSave {
  readonly id: number;
  /** The version the editor began with. */
  readonly version: number;
  readonly input: PageInput;
}

interface Compared {
  readonly page: Page;
  readonly earlier: EarlierVersion;
  readonly names: ReadonlyMap<string, string>;
}

/** Undefined when what is stored is what was to be saved, or nothing is stored any more. */
export async function showPageConflict(
  { database }: AdminContext,
  { chrome, m }: AdminRequest,
  { id, version, input }: LateSave,
): Promise<Reply | undefined> {
  const mine = arrange(input.rows).map(({ value }) => value);
  const compared = await database.snapshot(async (connection): Promise<Compared | undefined> => {
    const page = await findPage(connection, id);
    if (page === undefined) return undefined;
    const object = { label: PAGE_LABEL, id };
    const earlier = await findEarlierVersion(connection, object, pageValues(page), page.version - version);
    const names = await nameContents(connection, m, [...mine, ...page.contents.map(formatReference)]);
    return { page, earlier, names };
  });
  if (compared === undefined) return undefined;
  const { page, earlier, names } = compared;
  const fields = [
    ...(['title', 'url'] as const).map((name): ConflictField => {
      const base = earlier.values?.[name];
      const own = { name, label: m.fields[name].label, mine: input[name], theirs: page[name] };
      return { ...own, base: base === undefined ? undefined : String(base) };
    }),
    compareContents(m, mine, page.contents.map(formatReference), earlier.values, names),
  ];
  if (fields.every((field) => field.mine === field.theirs)) return undefined;
  const saved = earlier.last && { by: earlier.last.actor.name, at: earlier.last.at };
  return { html: PageConflictPage({ chrome, page, fields, saved }), status: 409 };
}

function compareContents(
  m: Messages,
  mine: readonly string[],
  theirs: readonly string[],
  earlier: HistoryValues | undefined,
  names: ReadonlyMap<string, string>,
): ConflictField {
  const known = earlier?.contents;
  const base = Array.isArray(known) ? known.map(String) : undefined;
  const compared = compareLists(mine, theirs);
  return {
    ...{ name: 'contents', label: m.pages.contents, mine: mine.join(' '), theirs: theirs.join(' ') },
    base: base?.join(' '),
    both: base && mergeLists(base, mine, theirs).join(' '),
    lists: {
      mine: { items: compared.mine, names, only: 'mine' },
      theirs: { items: compared.theirs, names, only: 'theirs' },
    },
  };
}

/** What people read for each reference: the title, the type and the number. */
async function nameContents(
  connection: Connection,
  m: Messages,
  values: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const references = [...new Set(values)].flatMap((value) => parseReference(value) ?? []);
  const titles = await findTitles(connection, references);
  return new Map(
    references.map((reference) => {
      const type = findContentType(reference.label);
      const title = titles.get(reference.label)?.get(reference.id) ?? '';
      const kind = type === undefined ? reference.label : wordsOf(type, m.language).name;
      return [formatReference(reference), `${title} (${kind} #${reference.id})`];
    }),
  );
}
