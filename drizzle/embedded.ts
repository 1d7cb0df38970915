// Written by drizzle/generate.ts (`make migrations`).
import postgres0000 from './postgres/0000_initial.sql' with { type: 'text' };
import postgres0001 from './postgres/0001_accounts_and_history.sql' with { type: 'text' };
import postgres0002 from './postgres/0002_search.sql' with { type: 'text' };
import postgres0003 from './postgres/0003_page_block.sql' with { type: 'text' };
import sqlite0000 from './sqlite/0000_initial.sql' with { type: 'text' };
import sqlite0001 from './sqlite/0001_accounts_and_history.sql' with { type: 'text' };
import sqlite0002 from './sqlite/0002_search.sql' with { type: 'text' };
import sqlite0003 from './sqlite/0003_page_block.sql' with { type: 'text' };

/** One migration: its name and its statements, separated by `--> statement-breakpoint`. */
export interface Migration {
  readonly tag: string;
  readonly sql: string;
}

/** Every migration of each dialect, oldest first. */
export const migrations: Readonly<Record<'postgres' | 'sqlite', readonly Migration[]>> = {
  postgres: [
    { tag: '0000_initial', sql: postgres0000 },
    { tag: '0001_accounts_and_history', sql: postgres0001 },
    { tag: '0002_search', sql: postgres0002 },
    { tag: '0003_page_block', sql: postgres0003 },
  ],
  sqlite: [
    { tag: '0000_initial', sql: sqlite0000 },
    { tag: '0001_accounts_and_history', sql: sqlite0001 },
    { tag: '0002_search', sql: sqlite0002 },
    { tag: '0003_page_block', sql: sqlite0003 },
  ],
};
