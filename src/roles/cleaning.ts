import type { App } from '../app.ts';
import { removeOldDeadJobs } from '../impressions/dead.ts';
import { removeOldHistory } from '../store/history.ts';
import { retireSources } from '../store/impressions.ts';
import { removeOldOrphans } from '../store/orphans.ts';
import { removeOldResetLinks } from '../store/reset_links.ts';
import { removeOldSessions } from '../store/sessions.ts';
import { removeOldFailures } from '../store/throttle.ts';

/** A row of the schedule. */
export interface Schedule {
  readonly name: string;
  /** Six parts, seconds first, in UTC. */
  readonly cron: string;
  run(): Promise<unknown>;
}

const DAY_MS = 24 * 3600 * 1000;
const DEAD_JOBS_KEPT_MS = 30 * DAY_MS;
const ORPHANS_KEPT_MS = 90 * DAY_MS;
const HISTORY_KEPT_MS = 2 * 365 * DAY_MS;

/**
 * What is cleaned up by the clock. Several beats may run: each row, like the flush, does nothing the second time.
 */
export function cleaning({ database, pipeline }: App): readonly Schedule[] {
  const deadJobs: readonly Schedule[] =
    pipeline === undefined
      ? []
      : [
          {
            name: 'remove old dead jobs',
            cron: '0 7 * * * *',
            run: () => removeOldDeadJobs(pipeline.observe().node(), pipeline.keys, Date.now() - DEAD_JOBS_KEPT_MS),
          },
        ];
  return [
    ...deadJobs,
    {
      name: 'remove old orphans',
      cron: '0 17 * * * *',
      run: () => database.tx((tx) => removeOldOrphans(tx, new Date(Date.now() - ORPHANS_KEPT_MS))),
    },
    { name: 'sum up old ledger rows', cron: '0 27 * * * *', run: () => database.tx(retireSources) },
    {
      name: 'remove old history',
      cron: '0 37 * * * *',
      run: () => database.tx((tx) => removeOldHistory(tx, new Date(Date.now() - HISTORY_KEPT_MS))),
    },
    { name: 'remove old sessions', cron: '0 47 * * * *', run: () => database.tx((tx) => removeOldSessions(tx)) },
    { name: 'remove old reset links', cron: '0 52 * * * *', run: () => database.tx(removeOldResetLinks) },
    { name: 'forget old failed logins', cron: '0 57 * * * *', run: () => database.tx((tx) => removeOldFailures(tx)) },
  ];
}
