import { sql } from 'drizzle-orm';
import { contentTypes } from '../contents/index.ts';
import type { Connection } from '../db/connection.ts';
import { toDate, toInteger, toText } from '../db/rows.ts';
import { ACTIONS, type Action } from './history.ts';
import { PAGE_LABEL } from './pages.ts';

/** Entries of history that are looked through: logins and the like are among them. */
const LOOKED_AT_MAX = 500;

/** The last thing that was done to a page or content. */
export interface RecentEdit {
  readonly label: string;
  readonly id: number;
  readonly title: string;
  readonly action: Action;
  readonly actor: string;
  readonly at: Date;
}

/** Pages and contents that history names last, each once, newest first. Those longer ago than `LOOKED_AT_MAX` entries are left out. */
export async function listRecentEdits(connection: Connection, limit: number): Promise<RecentEdit[]> {
  const { history } = connection.tables;
  const rows = await connection.rows(sql`
    select label, object_id, title, action, actor, at from ${history} order by id desc limit ${LOOKED_AT_MAX}`);
  const labels = new Set([PAGE_LABEL, ...contentTypes.map(({ label }) => label)]);
  const edits = new Map<string, RecentEdit>();
  for (const row of rows) {
    const label = toText(row.label);
    if (edits.size === limit) break;
    if (row.object_id === null || !labels.has(label)) continue;
    const id = toInteger(row.object_id);
    const action = ACTIONS.find((known) => known === row.action) ?? 'update';
    if (edits.has(`${label}:${id}`)) continue;
    edits.set(`${label}:${id}`, {
      ...{ label, id, action },
      title: toText(row.title),
      actor: toText(row.actor),
      at: toDate(row.at),
    });
  }
  return [...edits.values()];
}
