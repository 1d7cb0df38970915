const BAR_CELLS = 30;
const REDRAW_MS = 100;

/** Shows how far long work is: a bar on a terminal, nothing elsewhere (the command's own lines say what was done). */
export interface Progress {
  add(amount: number): void;
  /** Clears the bar, for good. Idempotent. */
  end(): void;
}

/**
 * A bar on standard error.
 * @param total the amount at which the work is done; 0 when unknown, which shows no bar
 */
export function showProgress(label: string, total: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  let done = 0;
  let drawnAt = 0;
  let isShown = stream.isTTY === true && total > 0;
  return {
    add(amount) {
      done += amount;
      const now = performance.now();
      if (!isShown || (now - drawnAt < REDRAW_MS && done < total)) return;
      drawnAt = now;
      const share = Math.min(1, done / total);
      const cells = Math.round(share * BAR_CELLS);
      stream.write(`\r${label} [${'#'.repeat(cells)}${' '.repeat(BAR_CELLS - cells)}] ${Math.floor(share * 100)} %`);
    },
    end() {
      if (isShown) stream.write('\r\u001b[2K');
      isShown = false;
    },
  };
}

/** Does `work` with a bar, which goes away with it. */
export async function withProgress<T>(
  label: string,
  total: number,
  work: (add: (amount: number) => void) => Promise<T>,
): Promise<T> {
  const progress = showProgress(label, total);
  try {
    return await work(progress.add);
  } finally {
    progress.end();
  }
}
