/** The rows of the table of metrics that are about this process: what it takes, and what it has to do at this moment. */
import type { Database } from '../db/connection.ts';
import { counter, gauge, type Metric, readFaults } from '../metrics.ts';
import { VERSION } from '../version.ts';
import type { EventLoop } from './event_loop.ts';
import type { PageCache } from './page_cache.ts';
import type { RequestDurations } from './requests.ts';

/** What the web side of a process knows of its own work. */
export interface Own {
  readonly requests: RequestDurations;
  readonly eventLoop: EventLoop;
  /** Undefined in a process without pages. */
  readonly cache: PageCache | undefined;
  /** Requests without an answer yet. */
  pending(): number | undefined;
}

export function processMetrics({ activity }: Pick<Database, 'activity'>): Metric[] {
  const startedAt = Date.now() / 1000 - process.uptime();
  const build = { labels: { version: VERSION, bun: Bun.version }, value: 1 };
  const cpuSeconds = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  return [
    gauge('build_info', 'always 1; the labels say what runs', () => [build], ['version', 'bun']),
    gauge('start_time_seconds', 'when this process began, in seconds since 1970', () => startedAt),
    counter('cpu_seconds_total', 'processor time of this process', cpuSeconds),
    gauge('resident_memory_bytes', 'memory of this process', () => process.memoryUsage.rss()),
    gauge('heap_bytes', 'what JavaScript uses of the memory of this process', () => process.memoryUsage().heapUsed),
    counter('database_errors_total', 'times the database was away, busy or full', () => readFaults().database),
    gauge(
      'database_reads_active',
      'reads of this process without an answer yet, those that wait for a connection too; Postgres only',
      () => activity().reads,
    ),
    gauge('database_transactions_active', 'transactions of this process under way', () => activity().transactions),
    gauge(
      'database_transactions_waiting',
      'transactions of this process that wait for a connection, on SQLite for the one writer',
      () => activity().waiting,
    ),
    counter('redis_errors_total', 'connections to Redis that broke or could not be made', () => readFaults().redis),
  ];
}

export function servingMetrics({ cache, pending }: Own): Metric[] {
  return [
    gauge('http_requests_in_flight', 'requests without an answer yet, this one too', pending),
    counter('page_cache_hits_total', 'pages and lists that were answered from memory', () => cache?.state().hits),
    counter('page_cache_misses_total', 'pages and lists that were read, or waited for, before the answer', () => {
      return cache?.state().misses;
    }),
    gauge('page_cache_bytes', 'memory of the answers that are kept', () => cache?.state().bytes),
  ];
}
