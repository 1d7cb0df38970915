import { createLogLimit, type Log } from '../log.ts';

/** Why views were given up: no room, too long without Redis, or the program was already stopping. */
export type DropReason = 'full' | 'expired' | 'stopping';
export type Dropped = Readonly<Record<DropReason, number>>;

const DROP_LOG_INTERVAL_MS = 1000;

/** Counts dropped views and says so in the log, once a second at most. */
export function createDropCounter(log: Log) {
  const dropped: Record<DropReason, number> = { full: 0, expired: 0, stopping: 0 };
  const limit = createLogLimit(DROP_LOG_INTERVAL_MS);
  return {
    dropped: dropped as Dropped,
    total: () => dropped.full + dropped.expired + dropped.stopping,
    drop(reason: DropReason, views: number): void {
      if (views === 0) return;
      dropped[reason] += views;
      if (limit.allows()) log.error('views dropped', { reason, ...dropped });
    },
  };
}
