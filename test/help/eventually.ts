const POLL_MS = 10;

/**
 * Runs `check` again and again until it does not throw.
 * @throws what `check` threw last, once the time is over
 */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 2000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await Bun.sleep(POLL_MS);
    }
  }
}
