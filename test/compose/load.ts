/** Readers at full speed, and what they saw. */

/** Requests under way at a moment. */
export const CONNECTIONS = 32;
/** A reader whose connection was refused waits this long before it asks again, as people do. */
const AFTER_ERROR_MS = 20;

/** What came back, over all readers. */
export interface Seen {
  /** Answers by status. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Requests without an answer. */
  readonly errors: number;
  /** 200 answers by page. */
  readonly opened: ReadonlyMap<number, number>;
  readonly seconds: number;
}

/**
 * Opens pages, one after the other on each of 32 connections, until it is stopped.
 * @param pages ids of the pages to open in turn
 */
export function startLoad(origin: string, pages: readonly number[]): { stop(): Promise<Seen> } {
  const began = performance.now();
  const statuses: Record<number, number> = {};
  const opened = new Map<number, number>();
  let errors = 0;
  let turn = 0;
  let isOver = false;

  async function open(): Promise<void> {
    turn += 1;
    const page = pages[turn % pages.length] ?? 0;
    try {
      const answer = await fetch(`${origin}/api/v1/pages/${page}/`);
      await answer.arrayBuffer();
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      if (answer.status === 200) opened.set(page, (opened.get(page) ?? 0) + 1);
    } catch {
      errors += 1;
      await Bun.sleep(AFTER_ERROR_MS);
    }
  }
  async function read(): Promise<void> {
    while (!isOver) await open();
  }
  const readers = Array.from({ length: CONNECTIONS }, read);
  return {
    async stop() {
      isOver = true;
      await Promise.all(readers);
      return { statuses, errors, opened, seconds: (performance.now() - began) / 1000 };
    },
  };
}
