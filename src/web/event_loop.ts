import { createDurations, type HistogramMetric } from '../metrics.ts';

/** How late this process gets to what is due: the first sign that it has more to do than one processor can. */
export interface EventLoop {
  readonly metric: HistogramMetric;
  stop(): void;
}

const SAMPLE_MS = 500;
/** In seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Asks to be called each half second until it is stopped, and notes how late that was. It keeps no process alive. */
export function watchEventLoop(): EventLoop {
  const durations = createDurations(BOUNDS);
  let timer: Timer;

  function sample(): void {
    const due = performance.now() + SAMPLE_MS;
    timer = setTimeout(() => {
      durations.observe(Math.max(0, performance.now() - due) / 1000);
      sample();
    }, SAMPLE_MS);
    timer.unref();
  }

  sample();
  return {
    metric: {
      name: 'contenthub_event_loop_lag_seconds',
      help: 'how late this process got to what was due, asked each half second',
      read: () => [{ labels: {}, durations: durations.read() }],
    },
    stop: () => clearTimeout(timer),
  };
}
