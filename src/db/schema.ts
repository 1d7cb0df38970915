import { sql } from 'drizzle-orm';
import type { PgColumnBuilderBase } from 'drizzle-orm/pg-core';
import { type ContentType, INTEGER_MAX } from '../contents/content.ts';
import { contentTypes } from '../contents/index.ts';
import { lazily, once } from '../once.ts';
import type { Columns } from './columns.postgres.ts';
import { searchTables } from './schema_search.ts';

/** A block of `page_block` holds the pages whose ids begin with the same bits, all but these. The triggers have it too. */
export const PAGE_BLOCK_BITS = 12;

/** A content type's table: what all contents have, and the type's own fields. */
function contentTable(columns: Columns, type: ContentType) {
  const own: Record<string, PgColumnBuilderBase> = {};
  for (const [name, field] of Object.entries(type.fields)) {
    own[name] = columns[field.column]().notNull().default(field.initial);
  }
  const shared = {
    id: columns.id(),
    title: columns.text().notNull(),
    // Written by store/impressions.ts alone. Not indexed, so that Postgres can update it in place (HOT).
    counter: columns.bigint().notNull().default(0),
    version: columns.bigint().notNull().default(1),
    updated_at: columns.time().notNull(),
  };
  return columns.table(type.table, { ...shared, ...own }, (table) => [
    columns.index(`${type.table}_updated`).on(table.updated_at, table.id),
    columns.check(`${type.table}_counter_range`, sql`${table.counter} between 0 and ${sql.raw(String(INTEGER_MAX))}`),
  ]);
}

/**
 * Every table of the program, from one column vocabulary and the registry of content types. Each is built when it is
 * first read: all of them at once would be a tenth of the program's start.
 */
export function buildSchema(columns: Columns) {
  const page = once(() =>
    columns.table(
      'pages_page',
      {
        id: columns.id(),
        title: columns.text().notNull(),
        url: columns.text().notNull(),
        version: columns.bigint().notNull().default(1),
        updated_at: columns.time().notNull(),
      },
      (table) => [columns.index('pages_page_updated').on(table.updated_at, table.id)],
    ),
  );

  const pageContent = once(() =>
    columns.table(
      'pages_pagecontent',
      {
        id: columns.id(),
        page_id: columns
          .bigint()
          .notNull()
          .references(() => page().id, { onDelete: 'cascade' }),
        content_type: columns.text().notNull(),
        object_id: columns.bigint().notNull(),
        order: columns.integer().notNull().default(0),
      },
      (table) => [
        columns.index('pages_pagecontent_place').on(table.page_id, table.order, table.id),
        columns.index('pages_pagecontent_shown').on(table.content_type, table.object_id, table.page_id),
      ],
    ),
  );

  /** How many rows a table has, kept by triggers in the transaction of each insert and delete. */
  const rowCount = once(() =>
    columns.table('row_count', {
      table_name: columns.text().primaryKey(),
      n: columns.bigint().notNull(),
    }),
  );

  /**
   * How many pages there are in each block of ids that has any, kept by triggers (`drizzle/page_blocks.ts`): where the
   * page at a place of the list is (`store/page_list.ts`).
   */
  const pageBlock = once(() =>
    columns.table('page_block', {
      block: columns.bigint().primaryKey(),
      n: columns.bigint().notNull(),
    }),
  );

  const group = once(() =>
    columns.table('auth_group', {
      id: columns.id(),
      name: columns.text().notNull().unique(),
      // Django's, kept as it came (JSON) for dumpdata.
      permissions: columns.text().notNull().default('[]'),
    }),
  );

  const user = once(() =>
    columns.table('auth_user', {
      id: columns.id(),
      username: columns.text().notNull().unique(),
      password: columns.text().notNull(),
      email: columns.text().notNull().default(''),
      first_name: columns.text().notNull().default(''),
      last_name: columns.text().notNull().default(''),
      is_active: columns.boolean().notNull().default(true),
      is_staff: columns.boolean().notNull().default(false),
      is_superuser: columns.boolean().notNull().default(false),
      last_login: columns.time(),
      date_joined: columns.time().notNull(),
      // JSON arrays: ids of auth_group; Django's permissions as they came.
      groups: columns.text().notNull().default('[]'),
      user_permissions: columns.text().notNull().default('[]'),
      // The language the admin speaks to this user, '' for what the browser asks for. Not part of a dump.
      language: columns.text().notNull().default(''),
    }),
  );

  /** Who is logged in (`store/sessions.ts`). Only the SHA-256 of a token is stored: a copy of the database opens nothing. */
  const session = once(() =>
    columns.table(
      'auth_session',
      {
        token_hash: columns.text().primaryKey(),
        user_id: columns
          .bigint()
          .notNull()
          .references(() => user().id, { onDelete: 'cascade' }),
        created_at: columns.time().notNull(),
        seen_at: columns.time().notNull(),
        address: columns.text().notNull(),
      },
      (table) => [
        columns.index('auth_session_user').on(table.user_id),
        columns.index('auth_session_seen').on(table.seen_at),
      ],
    ),
  );

  /** Failed logins of one account or address (`store/throttle.ts`). */
  const throttle = once(() =>
    columns.table(
      'auth_throttle',
      {
        key: columns.text().primaryKey(),
        failures: columns.integer().notNull(),
        blocked_until: columns.time().notNull(),
        failed_at: columns.time().notNull(),
      },
      (table) => [columns.index('auth_throttle_failed').on(table.failed_at)],
    ),
  );

  /** Links with which a user sets a new password, once; of a token only the SHA-256. */
  const resetLink = once(() =>
    columns.table(
      'auth_resetlink',
      {
        token_hash: columns.text().primaryKey(),
        user_id: columns
          .bigint()
          .notNull()
          .references(() => user().id, { onDelete: 'cascade' }),
        expires_at: columns.time().notNull(),
      },
      (table) => [columns.index('auth_resetlink_user').on(table.user_id)],
    ),
  );

  /** Every change and every login (`store/history.ts`). Names are kept as they were: what they stood for may be gone. */
  const history = once(() =>
    columns.table(
      'history_entry',
      {
        id: columns.id(),
        at: columns.time().notNull(),
        // The way in: admin, command or fixture.
        via: columns.text().notNull(),
        actor_id: columns.bigint(),
        actor: columns.text().notNull(),
        address: columns.text().notNull(),
        action: columns.text().notNull(),
        // What was changed: a content model's label, `pages.page` or `auth.user`, and its id; '' and null for the hub itself.
        label: columns.text().notNull(),
        object_id: columns.bigint(),
        title: columns.text().notNull(),
        // Values by field, as JSON; null where there were none.
        before: columns.text(),
        after: columns.text(),
      },
      (table) => [
        columns.index('history_entry_object').on(table.label, table.object_id, table.id),
        columns.index('history_entry_at').on(table.at),
      ],
    ),
  );

  /** The last batch of views applied for each (source, label): what makes applying a batch twice harmless. */
  const ledger = once(() =>
    columns.table(
      'impression_ledger',
      {
        source: columns.text().notNull(),
        label: columns.text().notNull(),
        last_seq: columns.bigint().notNull(),
        last_batch_id: columns.text().notNull(),
        views_total: columns.bigint().notNull(),
        applied_at: columns.time().notNull(),
      },
      (table) => [columns.primaryKey({ name: 'impression_ledger_pk', columns: [table.source, table.label] })],
    ),
  );

  /** Accepted views that no counter could take (the content is gone, the counter is full): for the operator to see. */
  const orphan = once(() =>
    columns.table(
      'impression_orphans',
      {
        source: columns.text().notNull(),
        label: columns.text().notNull(),
        batch_id: columns.text().notNull(),
        // Text: an id that reached the queue may be larger than any id a content has.
        id: columns.text().notNull(),
        n: columns.bigint().notNull(),
        reason: columns.text().notNull(),
        created_at: columns.time().notNull(),
      },
      (table) => [
        columns.primaryKey({
          name: 'impression_orphans_pk',
          columns: [table.source, table.label, table.batch_id, table.id],
        }),
      ],
    ),
  );

  const contents = once(() => new Map(contentTypes.map((type) => [type.label, contentTable(columns, type)])));

  return lazily({
    ...{ page, pageContent, rowCount, pageBlock, contents },
    ...searchTables(columns),
    ...{ group, user, session, throttle, resetLink, history },
    ...{ ledger, orphan },
  });
}

/** The tables of one dialect; `contents` maps a content type's label to its table. */
export type Schema = ReturnType<typeof buildSchema>;
export type ContentTable = ReturnType<typeof contentTable>;
