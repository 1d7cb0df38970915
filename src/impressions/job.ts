/**
 * The ingest job, the one message of the pipeline:
 *
 *     {"v":1,"id":"0198…","views":{"pages.videocontent":{"42":3,"7":1},"pages.audiocontent":{"5":3}}}
 *
 * One job carries what a web process has gathered since its last push. Its id makes a second delivery harmless
 * (`ingest.lua`), and tells when it was made (UUID version 7).
 */
import type { Views } from './gather.ts';

export interface Job {
  readonly text: string;
  /** Bytes of the text, which is ASCII. */
  readonly bytes: number;
  readonly views: number;
}

/** Larger jobs are refused by the worker; what does not fit into one becomes several. */
export const JOB_BYTES_MAX = 64 * 1024;
export const JOB_PAIRS_MAX = 1000;
/** Views of one content in one job. */
export const PAIR_VIEWS_MAX = 1_000_000;
/** Bytes beside the pairs: version, id, braces. */
const FRAME_BYTES = 80;

/** Makes jobs of gathered views: one, unless there is too much for it. */
export function createJobs(views: Views): Job[] {
  const jobs: Job[] = [];
  let parts: string[] = [];
  let pairs: string[] = [];
  let [size, bytes, sum] = [0, FRAME_BYTES, 0];

  function closeLabel(label: string): void {
    if (pairs.length > 0) parts.push(`${JSON.stringify(label)}:{${pairs.join(',')}}`);
    pairs = [];
  }
  function closeJob(): void {
    if (parts.length === 0) return;
    const text = `{"v":1,"id":"${Bun.randomUUIDv7()}","views":{${parts.join(',')}}}`;
    jobs.push({ text, bytes: text.length, views: sum });
    parts = [];
    [size, bytes, sum] = [0, FRAME_BYTES, 0];
  }

  for (const [label, counts] of views) {
    bytes += label.length + 6;
    for (const [id, total] of counts) {
      for (let left = total; left > 0; left -= PAIR_VIEWS_MAX) {
        const n = Math.min(left, PAIR_VIEWS_MAX);
        const pair = `"${id}":${n}`;
        // The same id twice in one object would count once: the rest of a large number is for the next job.
        if (size === JOB_PAIRS_MAX || bytes + pair.length + 1 > JOB_BYTES_MAX || left < total) {
          closeLabel(label);
          closeJob();
          bytes += label.length + 6;
        }
        pairs.push(pair);
        size += 1;
        bytes += pair.length + 1;
        sum += n;
      }
    }
    closeLabel(label);
  }
  closeJob();
  return jobs;
}

/** When a job was made, in ms since 1970, from its id; undefined when it does not say. */
export function timeOfJob(text: string): number | undefined {
  const [, high = '', low = ''] = /"id":"([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(text.slice(0, FRAME_BYTES)) ?? [];
  return high === '' ? undefined : Number.parseInt(high + low, 16);
}
