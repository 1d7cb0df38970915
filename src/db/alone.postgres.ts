import { AppError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { type Link, openLink } from './link.postgres.ts';
import { ADVISORY_LOCK_KEY } from './migrate.ts';
import { connectPostgres } from './open.postgres.ts';
import { toInteger } from './rows.ts';
import { createTransactionRunner } from './transaction.ts';

/** Sessions of people and programs: autovacuum workers belong to nobody. */
const OTHERS = `from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and usesysid is not null`;
const TAKE_LOCK = `pg_try_advisory_xact_lock(${ADVISORY_LOCK_KEY})`;
/** A session that has ended, or was killed, is there for a moment longer, with its locks. */
const LEAVE_MS_MAX = 5000;
const LEAVE_POLL_MS = 50;

/**
 * Ends a script of psql when somebody else is there: the same two questions that `withPostgresAlone` asks.
 * The lock is kept until the transaction ends.
 */
export const REFUSE_OTHERS = `do $$ begin
  for turn in 1..${LEAVE_MS_MAX / LEAVE_POLL_MS} loop
    perform pg_stat_clear_snapshot();
    if ${TAKE_LOCK} and not exists (select 1 ${OTHERS}) then return; end if;
    perform pg_sleep(${LEAVE_POLL_MS / 1000});
  end loop;
  raise exception 'the database is in use';
end $$;
`;

/**
 * `withDatabaseAlone` on Postgres. Others are looked for once; of those that come later, a hub with all roles waits for the
 * migration lock, and the rest for the locks of the tables that `work` replaces or keeps unchanged.
 */
export async function withPostgresAlone<T>(
  url: string,
  name: string,
  work: (tx: Connection) => Promise<T>,
): Promise<T> {
  const link = openLink(url, 1, 0);
  try {
    await link.run('begin');
    await link.run(`set local idle_in_transaction_session_timeout = 0`);
    await assertAlone(link, name);
    const transaction = {
      connection: connectPostgres((question) => question(link)),
      async commit() {
        const { command } = await link.run('commit');
        if (command !== 'COMMIT') throw new Error(`COMMIT was answered with ${command}`);
      },
      // The end of the connection rolls back.
      rollback: async () => {},
    };
    return await createTransactionRunner().run(transaction, work);
  } finally {
    await link.end();
  }
}

async function assertAlone(link: Link, name: string): Promise<void> {
  for (const deadline = performance.now() + LEAVE_MS_MAX; ; await Bun.sleep(LEAVE_POLL_MS)) {
    await link.run('select pg_stat_clear_snapshot()');
    const [lock] = await link.run(`select ${TAKE_LOCK} as taken`);
    const [others] = await link.run(
      `select count(*) as n, string_agg(distinct coalesce(nullif(application_name, ''), 'unnamed'), ', ') as names ${OTHERS}`,
    );
    const count = toInteger(others?.n);
    if (lock?.taken === true && count === 0) return;
    if (performance.now() < deadline) continue;
    throw new AppError(
      'conflict',
      lock?.taken === true
        ? `${name} is in use by ${count} other connection(s) (${String(others?.names)}): stop the hubs and programs that use it, and try again`
        : `${name} is being migrated, restored or moved by another process: wait for it`,
    );
  }
}
