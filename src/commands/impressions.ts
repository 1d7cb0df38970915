import { findContentType } from '../contents/index.ts';
import type { Database } from '../db/connection.ts';
import { AppError } from '../errors.ts';
import { discardViews, retryDead } from '../impressions/decide.ts';
import { openPipeline, type Pipeline } from '../impressions/pipeline.ts';
import { type PipelineStatus, readStatus } from '../impressions/status.ts';
import { commandActor } from '../store/history.ts';
import { listLedger } from '../store/impressions.ts';
import { applyOrphans, discardOrphans, sumOrphans } from '../store/orphans.ts';
import { UsageError } from './arguments.ts';
import type { Command, CommandContext } from './command.ts';
import { withDatabase } from './open.ts';

const NAME = 'impressions';
const USAGE = 'status | retry-dead | discard LABEL | orphans list|apply|discard [LABEL]';

export const impressionsCommand: Command = {
  name: NAME,
  summary: 'look at views on their way to the counters, and at those that cannot get there',
  operands: USAGE,
  operandsMax: 3,
  options: [],
  async run(context) {
    const [action, ...rest] = context.arguments.positionals;
    if (action === 'status' && rest.length === 0) return printStatus(context);
    if (action === 'retry-dead' && rest.length === 0) return retryJobs(context);
    if (action === 'discard' && rest.length === 1) return discard(context, rest[0] ?? '');
    const [what, label] = rest;
    if (action === 'orphans' && what === 'list' && label === undefined) return listOrphans(context);
    if (action === 'orphans' && (what === 'apply' || what === 'discard')) return settleOrphans(context, what, label);
    throw new UsageError(`impressions: expected ${USAGE}`);
  },
};

/** Connects to the pipeline's Redis for `work`. @throws AppError when there is none, or it is away */
async function withPipeline<T>({ readConfig, log }: CommandContext, work: (used: Pipeline) => Promise<T>): Promise<T> {
  const { counterRedis, counterKeyPrefix, allowEviction } = readConfig();
  if (counterRedis === undefined) {
    throw new AppError('unavailable', 'there is no Redis here (REDIS_URL): one process counts by itself');
  }
  const pipeline = openPipeline(counterRedis, counterKeyPrefix, log, allowEviction);
  try {
    await pipeline.inspect('must be there');
    return await work(pipeline);
  } finally {
    pipeline.close();
  }
}

/** The same with the database beside it: what is decided is history. */
function withBoth<T>(
  context: CommandContext,
  work: (places: { readonly database: Database; readonly pipeline: Pipeline }) => Promise<T>,
): Promise<T> {
  return withPipeline(context, (pipeline) =>
    withDatabase(context.readConfig(), (database) => work({ database, pipeline })),
  );
}

async function printStatus(context: CommandContext): Promise<number> {
  const { print, readConfig } = context;
  const config = readConfig();
  if (config.counterRedis === undefined) print('no Redis: one process counts by itself\n');
  else {
    print(describePipeline(await withPipeline(context, ({ observe, keys }) => readStatus(observe().node(), keys))));
  }
  await withDatabase(config, async (database) => {
    for (const { label, views, appliedAt } of await listLedger(database)) {
      print(`${label}: ${views} view(s) brought into the database, last at ${appliedAt.toISOString()}\n`);
    }
    await printOrphans(database, print);
  });
  return 0;
}

function describePipeline({
  server,
  source,
  queued,
  oldestJobMs,
  labels,
  dead,
  deadTotal,
  unusable,
}: PipelineStatus): string {
  const age = oldestJobMs === undefined ? 'unknown' : `${(oldestJobMs / 1000).toFixed(1)} s`;
  const lines = [
    `Redis ${server.version}, appendfsync ${server.fsync}, ${server.replicas} replica(s), history ${source ?? 'not begun'}`,
    `queue: ${queued} job(s)${queued === 0 ? '' : `, the oldest waits for ${age}`}`,
    `dead jobs: ${dead}${deadTotal === 0 ? '' : ` of ${deadTotal} ever`}`,
  ];
  for (const key of unusable) lines.push(`${key}: not of the pipeline’s type; look what wrote it, and delete it`);
  for (const { label, pending, sealed } of labels) {
    const batch =
      sealed === undefined
        ? 'nothing sealed'
        : `batch ${sealed.seq} of ${sealed.size} content(s) sealed at ${sealed.at.toISOString()}, tried ${sealed.tries} time(s)`;
    const known = findContentType(label) === undefined ? ' (no content type of this program)' : '';
    lines.push(`${label}${known}: ${pending} content(s) pending, ${batch}`);
  }
  return `${lines.join('\n')}\n`;
}

async function retryJobs(context: CommandContext): Promise<number> {
  const { retried, kept } = await withBoth(context, (places) => retryDead(places, commandActor(NAME)));
  context.print(`${retried} job(s) put back into the queue\n`);
  if (kept > 0) context.print(`${kept} job(s) stay: only their beginning was kept\n`);
  return 0;
}

async function discard(context: CommandContext, label: string): Promise<number> {
  const { pending, sealed } = await withBoth(context, (places) => discardViews(places, commandActor(NAME), label));
  const describe = (size: number) => (size < 0 ? 'a key that was no hash' : `views of ${size} content(s)`);
  context.print(`discarded for ${label}: ${describe(pending)} pending, ${describe(sealed)} sealed\n`);
  return 0;
}

async function listOrphans({ readConfig, print }: CommandContext): Promise<number> {
  return withDatabase(readConfig(), async (database) => {
    await printOrphans(database, print);
    return 0;
  });
}

async function printOrphans(database: Database, print: CommandContext['print']): Promise<void> {
  const sums = await sumOrphans(database);
  if (sums.length === 0) print('orphans: none\n');
  for (const { label, reason, contents, views } of sums) {
    print(`orphans: ${label}, ${reason}: ${views} view(s) of ${contents} content(s)\n`);
  }
}

async function settleOrphans(
  { readConfig, print }: CommandContext,
  what: 'apply' | 'discard',
  label: string | undefined,
): Promise<number> {
  return withDatabase(readConfig(), async (database) => {
    const settle = what === 'apply' ? applyOrphans : discardOrphans;
    const views = await database.tx((tx) => settle(tx, commandActor(NAME), label));
    print(`${views} view(s) ${what === 'apply' ? 'added to their counters' : 'discarded'}\n`);
    await printOrphans(database, print);
    return 0;
  });
}
