/** What a probe or scraper asks a service. */
export interface Question<T> {
  /** @throws what the asking threw, or Error when there was no answer in time */
  ask(): Promise<T>;
}

const ANSWER_TIMEOUT_MS = 2000;

/**
 * Asks one question at a time, however many want to know while a service hangs.
 * @param keptMs for how long an answer, or that there was none, is good enough
 */
export function createQuestion<T>(work: () => Promise<T>, keptMs = 0): Question<T> {
  let asking: Promise<T> | undefined;
  let answered: Promise<T> | undefined;
  let answeredAt = Number.NEGATIVE_INFINITY;

  async function askOnce(): Promise<T> {
    const answer = (async () => work())();
    try {
      return await answer;
    } finally {
      asking = undefined;
      answered = answer;
      answeredAt = performance.now();
    }
  }

  return {
    ask() {
      if (answered !== undefined && performance.now() - answeredAt < keptMs) return answered;
      asking ??= askOnce();
      return withTimeout(asking);
    },
  };
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)), ANSWER_TIMEOUT_MS);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
