/**
 * What an operator decides about views that Redis holds, whatever way in the operator takes: it is done there, then
 * written into history. What changed nothing is no history.
 */
import type { Database } from '../db/connection.ts';
import { AppError, messageOf } from '../errors.ts';
import { type Actor, type HistoryValues, recordHistory } from '../store/history.ts';
import { discardLabel, retryDeadJobs } from './dead.ts';
import type { Pipeline } from './pipeline.ts';

interface Places {
  readonly database: Database;
  readonly pipeline: Pick<Pipeline, 'observe' | 'keys'>;
}

/** Puts dead jobs back into the queue. @returns as `retryDeadJobs` @throws AppError `unavailable` */
export async function retryDead(
  { database, pipeline }: Places,
  actor: Actor,
): Promise<{ readonly retried: number; readonly kept: number }> {
  const result = await unlessAway(() => retryDeadJobs(pipeline.observe().node(), pipeline.keys));
  if (result.retried > 0) await note(database, actor, 'retry_dead', '', { jobs: result.retried });
  return result;
}

/** Throws away what Redis holds for a label. @returns as `discardLabel` @throws AppError `unavailable` */
export async function discardViews(
  { database, pipeline }: Places,
  actor: Actor,
  label: string,
): Promise<{ readonly pending: number; readonly sealed: number }> {
  const { pending, sealed } = await unlessAway(() => discardLabel(pipeline.observe().node(), pipeline.keys, label));
  if (pending !== 0 || sealed !== 0) await note(database, actor, 'discard_views', label, { pending, sealed });
  return { pending, sealed };
}

async function note(
  database: Database,
  actor: Actor,
  action: 'retry_dead' | 'discard_views',
  label: string,
  after: HistoryValues,
): Promise<void> {
  await database.tx((tx) => recordHistory(tx, actor, [{ action, label, id: undefined, title: '', after }]));
}

async function unlessAway<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new AppError('unavailable', `Redis does not answer: ${messageOf(error)}`, { cause: error });
  }
}
