/**
 * Numbers about this process. Whoever does the work keeps plain numbers; they are read when somebody asks, so that counting
 * costs nothing worth measuring. Their text is made in `exposition.ts`.
 */
/** A value under its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a metric is at this moment: a number, one for each combination of labels, or undefined when nobody knows. */
export type Reading = number | readonly Sample[] | undefined;

/** A row of the table of metrics. */
export interface Metric {
  /** With its unit last, and `_total` for a counter. */
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly labels?: readonly string[];
  read(): Reading;
}

/** A row that only grows. @param name without the program's, ending in `_total` */
export function counter(name: string, help: string, read: Metric['read'], labels: readonly string[] = []): Metric {
  return { name: `contenthub_${name}`, kind: 'counter', help, labels, read };
}

/** A row that goes up and down. @param name without the program's */
export function gauge(name: string, help: string, read: Metric['read'], labels: readonly string[] = []): Metric {
  return { name: `contenthub_${name}`, kind: 'gauge', help, labels, read };
}

/** How often something took how long. */
export interface Durations {
  /** The upper bounds of the buckets, in seconds, ascending. */
  readonly bounds: readonly number[];
  /** How many fell into each bucket; one more entry than bounds, for those beyond. */
  readonly counts: readonly number[];
  /** In seconds. */
  readonly sum: number;
}

/** A row of the table that is a histogram. */
export interface HistogramMetric {
  readonly name: string;
  readonly help: string;
  read(): readonly (Pick<Sample, 'labels'> & { readonly durations: Durations })[];
}

/** Gathers durations for a histogram. @param bounds upper bounds of the buckets, in seconds, ascending */
export function createDurations(bounds: readonly number[]): { observe(seconds: number): void; read(): Durations } {
  const counts = [...bounds, 0].map(() => 0);
  let sum = 0;
  return {
    observe(seconds) {
      const { length } = bounds;
      let place = 0;
      while (place < length && seconds > (bounds[place] ?? 0)) place += 1;
      counts[place] = (counts[place] ?? 0) + 1;
      sum += seconds;
    },
    read: () => ({ bounds, counts, sum }),
  };
}

const faults = { database: 0, redis: 0 };

/** Notes that a service this process needs could not be used. */
export function countFault(service: keyof typeof faults): void {
  faults[service] += 1;
}

/** How often each service could not be used, since the start of this process. */
export function readFaults(): Readonly<typeof faults> {
  return faults;
}
