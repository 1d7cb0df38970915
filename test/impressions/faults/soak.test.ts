/** Two webs, three workers and two beats under load, each of which ends again and again, in its own way and at any moment. */
import { describe, expect, test } from 'bun:test';
import type { Load } from '../load.ts';
import { IS_FULL_RUN, TEST_TIMEOUT_MS } from './limits.ts';
import { type Role, type Stage, type StageProgram, withStage } from './stage.ts';

const SOAK_MS = IS_FULL_RUN ? 300_000 : 20_000;
const ENDS_APART_MS = 2000;
const CLIENTS = 2;
const ROLES: readonly Role[] = ['web', 'web', 'worker', 'worker', 'worker', 'beat', 'beat'];
/** What a web gathers before it pushes, and how late timers and processes may be on a busy machine. */
const LOST_MS_MAX = 1000;

type Signal = 'SIGKILL' | 'SIGTERM';

/** A process, and the load on it if it is a web. */
interface Place {
  readonly role: Role;
  program: StageProgram;
  load: Load | undefined;
}

interface Soaked {
  readonly sent: readonly Load['sent'][number][];
  /** Requests that a killed web had answered and may not have pushed. */
  readonly uncertain: ReadonlySet<Load['sent'][number]>;
  readonly ends: number;
}

/** Ends a process chosen at random every two seconds, and starts another in its place. @param choose how, by its role */
async function soak(stage: Stage, choose: (role: Role) => Signal): Promise<Soaked> {
  const sent: Load['sent'][number][] = [];
  const uncertain = new Set<Load['sent'][number]>();
  let ends = 0;

  async function fill(place: Pick<Place, 'role'>): Promise<Place> {
    const program = await stage.start([place.role]);
    return { ...place, program, load: place.role === 'web' ? stage.load([program.url], CLIENTS) : undefined };
  }

  async function empty({ role, program, load }: Place, signal: Signal): Promise<void> {
    const endedAt = performance.now();
    const code = await program.end(signal);
    const expected = signal === 'SIGTERM' ? 0 : 137;
    expect({ role, signal, code, log: code === expected ? '' : program.log() }).toMatchObject({ code: expected });
    await load?.stop();
    // Counted back from the last answer: while a process gets no time it answers nothing, and pushes nothing.
    const lastAt = load?.sent.reduce((last, { answeredAt = 0 }) => Math.max(last, answeredAt), 0) ?? 0;
    for (const request of load?.sent ?? []) {
      sent.push(request);
      const isRecent = (request.answeredAt ?? 0) > Math.min(endedAt, lastAt) - LOST_MS_MAX;
      if (signal === 'SIGKILL' && isRecent) uncertain.add(request);
    }
  }

  const places = await Promise.all(ROLES.map((role) => fill({ role })));
  const over = performance.now() + SOAK_MS;
  while (performance.now() < over) {
    await Bun.sleep(ENDS_APART_MS * (0.5 + stage.random()));
    const index = Math.floor(stage.random() * places.length);
    const place = places[index];
    if (place === undefined) continue;
    await empty(place, choose(place.role));
    ends += 1;
    places[index] = await fill(place);
  }
  // Webs first: what they push at the end is for the others to count.
  for (const place of places) if (place.role === 'web') await empty(place, 'SIGTERM');
  await stage.drained();
  for (const place of places) if (place.role !== 'web') await empty(place, 'SIGTERM');
  return { sent, uncertain, ends };
}

describe(`two webs, three workers and two beats for ${SOAK_MS / 1000} s`, () => {
  test.concurrent(
    'any of them killed at random: only the last moments of a killed web are lost, and nothing counts twice',
    () =>
      withStage({}, async (stage) => {
        const { sent, uncertain, ends } = await soak(stage, () => 'SIGKILL');
        expect(sent.length).toBeGreaterThan(ends * 10);
        await stage.assertExact(sent, { isCertain: (request) => !uncertain.has(request) });
      }),
    TEST_TIMEOUT_MS,
  );

  test.concurrent(
    'workers and beats killed, and any of them stopped: every stop exits with 0, and every view is counted once',
    () =>
      withStage({}, async (stage) => {
        const { sent, ends } = await soak(stage, (role) =>
          role === 'web' || stage.random() < 0.5 ? 'SIGTERM' : 'SIGKILL',
        );
        expect(sent.length).toBeGreaterThan(ends * 10);
        await stage.assertExact(sent);
      }),
    TEST_TIMEOUT_MS,
  );
});
