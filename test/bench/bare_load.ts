/** Records put into a migrated database by hand: nothing is checked, told, or found by search. */
import { Database as SqliteFile } from 'bun:sqlite';
import postgres from 'postgres';
import type { DatabaseAddress } from '../../src/db/open.ts';
import type { ContentRecord } from './content.ts';

const ROWS_PER_STATEMENT = 500;

type Value = string | number;
interface Batch {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
}

/** Inserts all records in one transaction. */
export function loadBare(address: DatabaseAddress, records: Iterable<ContentRecord>): Promise<void> {
  return address.dialect === 'postgres' ? loadPostgres(address.url, records) : loadSqlite(address.path, records);
}

function* batchesOf(records: Iterable<ContentRecord>, now: Value): Generator<Batch> {
  let model = '';
  let batch: Record<string, Value>[] = [];
  for (const record of records) {
    if (record.model !== model || batch.length === ROWS_PER_STATEMENT) {
      if (batch.length > 0) yield toBatch(model, batch);
      batch = [];
      model = record.model;
    }
    batch.push(toRow(record, now));
  }
  if (batch.length > 0) yield toBatch(model, batch);
}

function toRow({ model, pk, fields }: ContentRecord, now: Value): Record<string, Value> {
  const row: Record<string, Value> = { id: pk };
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'page') row.page_id = Number(value);
    else row[name] = typeof value === 'object' ? value.join('.') : value;
  }
  if (model !== 'pages.pagecontent') row.updated_at = now;
  return row;
}

function toBatch(model: string, rows: readonly Readonly<Record<string, Value>>[]): Batch {
  const columns = Object.keys(rows[0] ?? {});
  return { table: model.replace('.', '_'), columns, rows: rows.map((row) => columns.map((name) => row[name] ?? '')) };
}

function statementOf({ table, columns, rows }: Batch, place: (index: number) => string): string {
  const tuple = (row: number) => `(${columns.map((_, column) => place(row * columns.length + column)).join(', ')})`;
  const names = columns.map((name) => `"${name}"`).join(', ');
  return `insert into ${table} (${names}) values ${rows.map((_, row) => tuple(row)).join(', ')}`;
}

async function loadSqlite(path: string, records: Iterable<ContentRecord>): Promise<void> {
  const file = new SqliteFile(path, { strict: true });
  for (const pragma of ['journal_mode = wal', 'foreign_keys = on']) file.run(`pragma ${pragma}`);
  file.run('begin immediate');
  // Compiled once for each shape: `query` keeps it.
  for (const batch of batchesOf(records, Date.now())) {
    file.query<void, Value[]>(statementOf(batch, () => '?')).run(...batch.rows.flat());
  }
  file.run('commit');
  file.close();
}

async function loadPostgres(url: string, records: Iterable<ContentRecord>): Promise<void> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
  await sql.begin(async (tx) => {
    for (const batch of batchesOf(records, new Date().toISOString())) {
      await tx.unsafe(
        statementOf(batch, (index) => `$${index + 1}`),
        batch.rows.flat(),
        { prepare: true },
      );
    }
  });
  await sql.end();
}
