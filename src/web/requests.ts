import { createDurations, type HistogramMetric } from '../metrics.ts';

/** In seconds; most answers take far less than the first. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How long answers took, by route and status. */
export interface RequestDurations {
  /** @param route a pattern, never a path @param seconds from the request's arrival until its answer is built */
  observe(route: string, status: number, seconds: number): void;
  readonly metric: HistogramMetric;
}

export function createRequestDurations(): RequestDurations {
  const routes = new Map<string, Map<number, ReturnType<typeof createDurations>>>();

  function add(route: string, status: number): ReturnType<typeof createDurations> {
    const statuses = routes.get(route) ?? new Map<number, ReturnType<typeof createDurations>>();
    const durations = createDurations(BOUNDS);
    routes.set(route, statuses.set(status, durations));
    return durations;
  }

  return {
    observe: (route, status, seconds) => (routes.get(route)?.get(status) ?? add(route, status)).observe(seconds),
    metric: {
      name: 'contenthub_http_request_duration_seconds',
      help: 'time until an answer was built, by route and status',
      read: () =>
        [...routes].flatMap(([route, statuses]) =>
          [...statuses].map(([status, durations]) => ({
            labels: { route, status: String(status) },
            durations: durations.read(),
          })),
        ),
    },
  };
}
