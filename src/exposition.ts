/** Metrics as Prometheus' text format has them. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { HistogramMetric, Metric, Reading } from './metrics.ts';

/** The numbers of a moment. */
export interface Exposition {
  readonly text: string;
  readonly contentType: string;
}

/** @returns what renders all of them as they are at that moment */
export function createExposition(
  metrics: readonly Metric[],
  histograms: readonly HistogramMetric[],
): () => Promise<Exposition> {
  const registry = new Registry();
  for (const metric of metrics) register(metric, registry);
  for (const histogram of histograms) new ReadHistogram(histogram, registry);
  return async () => ({ text: await registry.metrics(), contentType: registry.contentType });
}

function register({ name, kind, help, labels = [], read }: Metric, registry: Registry): void {
  const common = { name, help, labelNames: [...labels], registers: [registry] };
  if (kind === 'counter') {
    new Counter({
      ...common,
      collect() {
        fill(this, labels.length > 0, read(), (sample, value) => this.inc(sample, value));
      },
    });
  } else {
    new Gauge({
      ...common,
      collect() {
        fill(this, labels.length > 0, read(), (sample, value) => this.set(sample, value));
      },
    });
  }
}

function fill(
  metric: Counter | Gauge,
  hasLabels: boolean,
  reading: Reading,
  put: (labels: Record<string, string>, value: number) => void,
): void {
  metric.reset();
  if (typeof reading === 'number') put({}, reading);
  else if (reading !== undefined) for (const { labels, value } of reading) put({ ...labels }, value);
  // After a reset a metric without labels is 0, and one with labels is nothing at all.
  else if (!hasLabels) metric.remove();
}

/** A histogram over numbers that somebody else keeps. */
class ReadHistogram extends Histogram {
  readonly #metric: HistogramMetric;

  constructor(metric: HistogramMetric, registry: Registry) {
    super({ name: metric.name, help: metric.help, registers: [registry] });
    this.#metric = metric;
  }

  /** What a registry asks a metric for; the package's types leave it out. */
  async getForPromString() {
    const { name, help, read } = this.#metric;
    const values = read().flatMap(({ labels, durations: { bounds, counts, sum } }) => {
      let below = 0;
      const buckets = counts.map((count, place) => {
        below += count;
        return { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[place] ?? '+Inf' }, value: below };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: below },
      ];
    });
    return { name, help, type: 'histogram', values };
  }
}
