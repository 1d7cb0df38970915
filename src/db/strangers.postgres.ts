/** What other programs have in the hub's database on Postgres: it is none of a backup's business. */
import { sql } from 'drizzle-orm';
import type { Connection } from './connection.ts';
import { listOwnTables } from './objects.ts';
import { toText } from './rows.ts';

export interface Strangers {
  /** All but the hub's and Postgres's own. */
  readonly schemas: readonly string[];
  /** Tables, views and sequences in the hub's schema. */
  readonly relations: readonly { readonly schema: string; readonly name: string }[];
}

export async function listStrangers(connection: Connection): Promise<Strangers> {
  const schemas = await connection.rows(sql`
    select nspname as name from pg_namespace
    where nspname <> current_schema() and nspname !~ '^pg_' and nspname <> 'information_schema'`);
  const own = sql.join(
    listOwnTables('postgres').map((name) => sql`${name}`),
    sql`, `,
  );
  const relations = await connection.rows(sql`
    select s.nspname as schema, r.relname as name from pg_class r join pg_namespace s on s.oid = r.relnamespace
    where s.nspname = current_schema() and r.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and r.relname not in (${own})
      and not exists (
        select 1 from pg_depend d join pg_class o on o.oid = d.refobjid
        where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.objid = r.oid
          and d.deptype in ('a', 'i') and o.relnamespace = s.oid and o.relname in (${own}))`);
  return {
    schemas: schemas.map((row) => toText(row.name)),
    relations: relations.map((row) => ({ schema: toText(row.schema), name: toText(row.name) })),
  };
}
