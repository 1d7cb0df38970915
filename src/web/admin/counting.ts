/** The state of counting in one word, from the same checks that `/readyz` answers with. */
import { createQuestion, type Question } from '../question.ts';
import type { Check, Readiness } from '../readiness.ts';

/**
 * `late`: views are on their way for longer than usual. `waiting`: what stores them does not answer. `attention`: new views
 * are counted, and some that could not be are for an admin to decide on. `unknown`: no answer in time.
 */
export type CountingState = 'ok' | 'late' | 'waiting' | 'attention' | 'unknown';

/** How long a page waits for an answer. */
const WAIT_MS = 700;

/** Checks by what they say of counting, the worst first. */
const CONCERNS: readonly (readonly [CountingState, readonly string[]])[] = [
  ['waiting', ['counting', 'redis', 'worker', 'gate']],
  ['late', ['queue', 'sealed batches', 'flush']],
  ['attention', ['dead jobs', 'orphans']],
];

/** The worst that the checks say of counting. */
export function summarise(checks: readonly Check[]): CountingState {
  const wrong = checks.filter(({ grade }) => grade !== 'ok').map(({ name }) => name);
  return CONCERNS.find(([, names]) => names.some((name) => wrong.includes(name)))?.[0] ?? 'ok';
}

/** Asks for the state; `unknown` when there is no answer in time. */
export function createCountingQuestion(readiness: Readiness): () => Promise<CountingState> {
  const checks: Question<readonly Check[]> = createQuestion(() => readiness.check());
  return async () => {
    const patience = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => patience.resolve(undefined), WAIT_MS);
    try {
      const answer = await Promise.race([checks.ask(), patience.promise]);
      return answer === undefined ? 'unknown' : summarise(answer);
    } finally {
      clearTimeout(timer);
    }
  };
}
