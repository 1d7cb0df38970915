/** JSON that the database makes, to be sent on as it is. */
import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { Dialect } from './connection.ts';

/** A text as `prepareBytes` wants it: Postgres sends all texts as bytes, SQLite only what is a blob. */
export function asBytes(dialect: Dialect, text: SQL): SQL {
  return dialect === 'postgres' ? text : sql`cast(${text} as blob)`;
}

/**
 * A JSON object as text, to the byte what `JSON.stringify` makes of the same values.
 * @param members names, and expressions that are never null: of texts, or of integers
 */
export function jsonObject(
  dialect: Dialect,
  members: readonly { readonly name: string; readonly value: SQLWrapper; readonly type: 'bigint' | 'text' }[],
): SQL {
  if (dialect === 'sqlite') {
    const list = members.map(({ name, value }) => sql`${literal(name)}, ${value}`);
    return sql`json_object(${sql.join(list, sql`, `)})`;
  }
  // Postgres' own objects have spaces in them, and cost more than putting them together.
  const parts = members.map(({ name, value, type }, place) => {
    const key = literal(`${place === 0 ? '{' : ','}${JSON.stringify(name)}:`);
    return type === 'text' ? sql`${key} || to_json(${value})::text` : sql`${key} || ${value}`;
  });
  return sql`${sql.join(parts, sql` || `)} || '}'`;
}

/** A table that links name by a label and an id, and what is wanted of its rows. */
interface Branch {
  readonly label: string;
  readonly table: SQLWrapper & { readonly id: SQLWrapper };
  readonly value: SQL;
}

/**
 * What links name, in tables that differ from link to link: a select of `place`, `link`, `names` and `contents`, texts that
 * joined by commas in the order of `place` and `link` are `branch:id` (the number of the branch here) and the value of each
 * link whose row is there; null where none is. SQLite gives a row for each link, Postgres one for all, because each
 * costs the driver more than the database; and it looks the rows up one by one, without a plan for tables that no link
 * names, while SQLite is twice as fast with a join for each table.
 * @param links a select of place, link, content_type and object_id
 */
export function linkedRows(dialect: Dialect, links: SQL, branches: readonly Branch[]): SQL {
  if (dialect === 'sqlite') {
    const joins = branches.map(
      ({ label, table, value }, branch) => sql`
      select links.place, links.link, ${literal(`${branch}:`)} || links.object_id as names, ${value} as contents
      from links join ${table} on ${table.id} = links.object_id where links.content_type = ${literal(label)}`,
    );
    // Read once: a planner without statistics would otherwise go through every link of a type.
    return sql`select * from (with links as materialized (${links}) ${sql.join(joins, sql` union all `)}) linked`;
  }
  const choose = (what: (branch: Branch, number: number) => SQL) =>
    sql.join(
      branches.map((branch, number) => sql`when ${literal(branch.label)} then ${what(branch, number)}`),
      sql` `,
    );
  const row = ({ table, value }: Branch) => sql`(select ${value} from ${table} where ${table.id} = links.object_id)`;
  return sql`
    select 0 as place, 0 as link,
      string_agg(case when value is not null then name end, ',' order by place, link) as names,
      string_agg(value, ',' order by place, link) as contents
    from (
      select place, link, case content_type ${choose((_, number) => literal(`${number}:`))} end || object_id as name,
        case content_type ${choose(row)} end as value
      from (${links}) links
      -- Keeps this from being merged with what surrounds it, where each value would be made as often as it is named.
      order by place, link) linked`;
}

/** A text of the program's own in the statement itself, so that it is no parameter. */
function literal(text: string): SQL {
  return sql.raw(`'${text.replaceAll("'", "''")}'`);
}
