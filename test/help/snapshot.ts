import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/connection.ts';

/** Everything a database holds, by table, but when sessions were last used: what should change nothing leaves it equal. */
export async function takeSnapshot(database: Database): Promise<Record<string, string[]>> {
  const { contents, ...tables } = database.tables;
  const snapshot: Record<string, string[]> = {};
  for (const [name, table] of [...Object.entries(tables), ...contents]) {
    const rows = await database.rows(sql`select * from ${table}`);
    snapshot[name] = rows.map(({ seen_at: _, ...row }) => JSON.stringify(row)).sort();
  }
  return snapshot;
}
