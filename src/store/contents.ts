import { type SQL, sql } from 'drizzle-orm';
import type { ContentType } from '../contents/content.ts';
import { findContentType } from '../contents/index.ts';
import { editableFields, validate } from '../contents/validate.ts';
import type { Connection, Row } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import type { ContentTable } from '../db/schema.ts';
import { isOneOf, lockForEditing, lockForLinking } from '../db/sql.ts';
import { AppError } from '../errors.ts';
import { type Actor, differences, recordHistory } from './history.ts';
import { removeSearchEntries, writeSearchEntries } from './search_entries.ts';

/** Missing contents that a message names. */
const GONE_NAMED_MAX = 10;

/** A content by model and id. */
interface Reference {
  readonly label: string;
  readonly id: number;
}

/** One content of any type, with its own fields in the type's order. */
export interface Content {
  readonly id: number;
  readonly title: string;
  readonly counter: number;
  readonly version: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** The table of a type. @throws Error for a type outside the registry: a programming error. */
export function tableOf(connection: Connection, type: ContentType): ContentTable {
  const table = connection.tables.contents.get(type.label);
  if (table === undefined) throw new Error(`no table for ${type.label}`);
  return table;
}

/** The content, or undefined. */
export async function findContent(connection: Connection, type: ContentType, id: number): Promise<Content | undefined> {
  const table = tableOf(connection, type);
  const [row] = await connection.rows(sql`select * from ${table} where ${table.id} = ${id}`);
  return row && toContent(type, row);
}

/** A row of a type’s table. */
export function toContent(type: ContentType, row: Row): Content {
  const fields = Object.fromEntries(Object.keys(type.fields).map((name) => [name, toText(row[name])]));
  return {
    id: toInteger(row.id),
    title: toText(row.title),
    counter: toInteger(row.counter),
    version: toInteger(row.version),
    fields,
  };
}

function valuesOf(type: ContentType, input: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const validated = validate(editableFields(type), input);
  if ('problems' in validated) {
    throw new AppError('invalid', `this ${type.name} cannot be stored`, { fields: validated.problems });
  }
  return validated.values;
}

/** Stores a new content with a counter of 0 and returns its id. @throws AppError `invalid` with a message at each field */
export async function createContent(
  tx: Connection,
  actor: Actor,
  type: ContentType,
  input: Readonly<Record<string, unknown>>,
): Promise<number> {
  const values = valuesOf(type, input);
  const table = tableOf(tx, type);
  const names = Object.keys(values).map((name) => sql.identifier(name));
  const [row] = await tx.rows(sql`
    insert into ${table} (${sql.join(names, sql`, `)}, updated_at)
    values (${sql.join(
      Object.values(values).map((value) => sql`${value}`),
      sql`, `,
    )}, ${sql.param(new Date(), table.updated_at)})
    returning id`);
  const id = toInteger(row?.id);
  await writeSearchEntries(tx, type.label, [{ id, title: values.title ?? '' }]);
  await recordHistory(tx, actor, [
    { action: 'create', label: type.label, id, title: values.title ?? '', after: values },
  ]);
  return id;
}

/** The editable values of a content, as an edit sends them and history keeps them. */
export function contentValues({ title, fields }: Content): Readonly<Record<string, string>> {
  return { title, ...fields };
}

/**
 * Stores an edit; one that changes nothing leaves version and history alone. The counter is not among what an edit can
 * write, so views that arrive meanwhile are kept.
 * @param version the version the editor saw
 * @throws AppError `invalid`, `not_found`, or `conflict` when somebody saved another version since
 */
export async function updateContent(
  tx: Connection,
  actor: Actor,
  type: ContentType,
  id: number,
  version: number,
  input: Readonly<Record<string, unknown>>,
): Promise<void> {
  const values = valuesOf(type, input);
  const content = await lockContent(tx, type, id);
  if (content.version !== version) {
    throw new AppError('conflict', `${type.name} ${id} was changed by somebody else meanwhile`);
  }
  const difference = differences(contentValues(content), values);
  if (difference === undefined) return;
  const table = tableOf(tx, type);
  const changes: SQL[] = Object.entries(values).map(([name, value]) => sql`${sql.identifier(name)} = ${value}`);
  await tx.rows(sql`
    update ${table} set ${sql.join(changes, sql`, `)}, version = version + 1, updated_at = ${sql.param(new Date(), table.updated_at)}
    where id = ${id}`);
  if (values.title !== content.title) await writeSearchEntries(tx, type.label, [{ id, title: values.title ?? '' }]);
  await recordHistory(tx, actor, [
    { action: 'update', label: type.label, id, title: values.title ?? '', ...difference },
  ]);
}

/** Removes a content that no page shows. @throws AppError `not_found`, or `conflict` while a page shows it */
export async function removeContent(tx: Connection, actor: Actor, type: ContentType, id: number): Promise<void> {
  const content = await lockContent(tx, type, id);
  const { pageContent } = tx.tables;
  await tx.rows(sql`delete from ${tableOf(tx, type)} where id = ${id}`);
  // After the delete: it waits for links being stored (lockContents), so none can appear between check and removal.
  const [used] = await tx.rows(sql`
    select ${pageContent.page_id} as page from ${pageContent}
    where ${pageContent.content_type} = ${type.label} and ${pageContent.object_id} = ${id} limit 1`);
  if (used !== undefined) throw new AppError('conflict', `${type.name} ${id} is shown on page ${toInteger(used.page)}`);
  await removeSearchEntries(tx, type.label, [id]);
  await recordHistory(tx, actor, [
    { action: 'delete', label: type.label, id, title: content.title, before: contentValues(content) },
  ]);
}

/** The content, locked for an edit until the transaction's end. @throws AppError `not_found` */
async function lockContent(tx: Connection, type: ContentType, id: number): Promise<Content> {
  const table = tableOf(tx, type);
  const [row] = await tx.rows(sql`select * from ${table} where id = ${id} ${lockForEditing(tx.dialect)}`);
  if (row === undefined) throw new AppError('not_found', `no ${type.name} ${id}`);
  return toContent(type, row);
}

/**
 * Locks contents of one model until the transaction's end, so that links to them can be stored.
 * @throws AppError `invalid` naming those that are gone
 */
export async function lockContents(tx: Connection, label: string, ids: readonly number[]): Promise<void> {
  const type = findContentType(label);
  if (type === undefined) throw new AppError('invalid', `"${label}" is not a content model`);
  const table = tableOf(tx, type);
  const rows = await tx.rows(sql`
    select ${table.id} as id from ${table} where ${isOneOf(tx.dialect, table.id, ids)}
    order by ${table.id} ${lockForLinking(tx.dialect)}`);
  const present = new Set(rows.map((row) => toInteger(row.id)));
  const gone = [...new Set(ids)].filter((id) => !present.has(id));
  if (gone.length === 0) return;
  const named = gone.slice(0, GONE_NAMED_MAX).join(', ');
  const rest = gone.length > GONE_NAMED_MAX ? ` and ${gone.length - GONE_NAMED_MAX} more` : '';
  throw new AppError(
    'invalid',
    gone.length === 1
      ? `${type.name} ${named} does not exist any more`
      : `${type.namePlural} ${named}${rest} do not exist any more`,
  );
}

/**
 * The titles of contents, by model and then by id, in one statement for any number of them. What does not exist, or is of
 * no model we have, is left out.
 */
export async function findTitles(
  connection: Connection,
  references: readonly Reference[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, string>>> {
  const selects = [...Map.groupBy(references, ({ label }) => label)].flatMap(([label, ofLabel]) => {
    const table = connection.tables.contents.get(label);
    if (table === undefined) return [];
    const isAsked = isOneOf(connection.dialect, table.id, [...new Set(ofLabel.map(({ id }) => id))]);
    return [
      sql`select ${sql.param(label)} as label, ${table.id} as id, ${table.title} as title from ${table} where ${isAsked}`,
    ];
  });
  if (selects.length === 0) return new Map();
  const titles = new Map<string, Map<number, string>>();
  for (const row of await connection.rows(sql.join(selects, sql` union all `))) {
    const label = toText(row.label);
    const ofLabel = titles.get(label) ?? new Map<number, string>();
    titles.set(label, ofLabel.set(toInteger(row.id), toText(row.title)));
  }
  return titles;
}

/** How many rows a counted table has; see drizzle/extras.ts. */
export async function countRows(connection: Connection, table: string): Promise<number> {
  const { rowCount } = connection.tables;
  const [row] = await connection.rows(
    sql`select ${rowCount.n} as n from ${rowCount} where ${rowCount.table_name} = ${table}`,
  );
  return toInteger(row?.n);
}
