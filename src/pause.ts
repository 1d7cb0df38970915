/** A wait that can be cut short. */
export interface Pause {
  /** Resolves after `ms`, or at the next `wake`; at once after `end`. One wait at a time. */
  wait(ms: number): Promise<void>;
  wake(): void;
  /** Wakes, now and always. */
  end(): void;
}

export function createPause(): Pause {
  let wake = () => {};
  let isOver = false;
  return {
    wait(ms) {
      if (isOver) return Promise.resolve();
      return new Promise((resolve) => {
        const timeout = setTimeout(resolve, ms);
        wake = () => {
          clearTimeout(timeout);
          resolve();
        };
      });
    },
    wake: () => wake(),
    end() {
      isOver = true;
      wake();
    },
  };
}

/** Waits for work, but not longer than `ms`. @throws what the work throws in time */
export async function within(ms: number, work: Promise<unknown> | undefined): Promise<void> {
  const { promise: deadline, resolve } = Promise.withResolvers<void>();
  const timeout = setTimeout(resolve, ms);
  try {
    await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timeout);
  }
}
