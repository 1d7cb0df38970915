/**
 * The most viewed contents, found in the background and kept: looking through a million contents takes seconds, and may
 * take no more than a part of them from the answers under way.
 */
import type { Database } from '../../db/connection.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { within } from '../../pause.ts';
import { findMostViewed, type ViewedContent } from '../../store/most_viewed.ts';

export interface Ranking {
  readonly contents: readonly ViewedContent[];
  readonly at: Date;
}

const CONTENTS_SHOWN = 10;
const KEPT_MS_MIN = 60_000;
/** What takes long is kept longer: the search takes a twentieth of the time at most. */
const KEPT_PER_MS = 20;
/** How long a page waits for figures that are too old, or not there yet. */
const WAIT_MS = 400;

/** A function that gives the ranking as it was at most a minute ago, an older one, or undefined when there is none yet. */
export function createRanking(database: Database, log: Log): () => Promise<Ranking | undefined> {
  let known: Ranking | undefined;
  let freshUntil = Number.NEGATIVE_INFINITY;
  let searching: Promise<void> | undefined;

  async function search(): Promise<void> {
    const began = performance.now();
    try {
      const contents = await findMostViewed(database, CONTENTS_SHOWN, createRest());
      known = { contents, at: new Date() };
    } catch (error) {
      log.warn('the most viewed contents could not be found', { error: messageOf(error) });
    }
    const took = performance.now() - began;
    freshUntil = performance.now() + Math.max(KEPT_MS_MIN, took * KEPT_PER_MS);
  }

  return async () => {
    if (performance.now() > freshUntil) {
      searching ??= search().finally(() => {
        searching = undefined;
      });
      await within(WAIT_MS, searching);
    }
    return known;
  };
}

/** Rests as long as was worked since the last rest: half of the time is for others. */
function createRest(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    await Bun.sleep(performance.now() - since);
    since = performance.now();
  };
}
