/** A strict reader of Prometheus' text format: what a sloppy one lets pass is an error here. */

export interface MetricFamily {
  readonly help: string;
  readonly type: string;
  /** Sample name and labels as they stand there, `name{a="b"}` → value. */
  readonly samples: ReadonlyMap<string, number>;
}

const NAME = /^[a-z_][a-z0-9_]*$/;
const SAMPLE = /^([a-z_][a-z0-9_]*)(\{.*\})? (\S+)$/;
const LABELS = /^\{([a-z_]+="(?:[^"\\\n]|\\["\\n])*")(,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\}$/;
const NUMBER = /^(-?\d+(\.\d+)?(e[+-]?\d+)?|[+-]Inf|NaN)$/;
const TYPES = ['counter', 'gauge', 'histogram'];

/** @throws Error naming the line that is not as it must be */
export function parseMetrics(text: string): Map<string, MetricFamily> {
  if (!text.endsWith('\n')) throw new Error('the text does not end with a line feed');
  const families = new Map<string, { help: string; type: string; samples: Map<string, number> }>();
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const refuse = (reason: string) => new Error(`${reason}: ${line}`);
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (line === '') continue;
    if (keyword === 'HELP') {
      if (!NAME.test(name) || families.has(name)) throw refuse('a name that is none, or twice');
      families.set(name, { help: rest, type: '', samples: new Map() });
      current = name;
      continue;
    }
    const family = families.get(current);
    if (keyword === 'TYPE') {
      if (name !== current || family === undefined || family.type !== '' || !TYPES.includes(rest)) {
        throw refuse('a TYPE without its HELP, twice, or unknown');
      }
      family.type = rest;
      continue;
    }
    const [, sample = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
    const suffixes = family?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    if (family === undefined || !suffixes.some((suffix) => sample === current + suffix)) {
      throw refuse('a sample without HELP and TYPE before it');
    }
    if ((labels !== '' && !LABELS.test(labels)) || !NUMBER.test(value)) throw refuse('a malformed sample');
    if (family.samples.has(sample + labels)) throw refuse('a sample twice');
    family.samples.set(sample + labels, Number(value.replace('Inf', 'Infinity')));
  }
  for (const [name, { type, samples }] of families) {
    if (type === '') throw new Error(`${name} has no TYPE`);
    if (type === 'histogram') checkHistogram(name, samples);
  }
  return families;
}

/** Buckets only grow, and the last holds all. */
function checkHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  const series = new Map<string, { bound: string; value: number }[]>();
  for (const [key, value] of samples) {
    const [, labels = '', bound = ''] = /_bucket\{(?:(.+),)?le="([^"]+)"\}$/.exec(key) ?? [];
    if (bound !== '') series.set(labels, [...(series.get(labels) ?? []), { bound, value }]);
  }
  if (samples.size > 0 && series.size === 0) throw new Error(`${name} has no buckets`);
  for (const [labels, buckets] of series) {
    const suffix = labels === '' ? '' : `{${labels}}`;
    const last = buckets.at(-1);
    const shrinks = buckets.some(({ value }, place) => value < (buckets[place - 1]?.value ?? 0));
    const bounds = buckets.map(({ bound }) => Number(bound.replace('+Inf', 'Infinity')));
    if (shrinks || bounds.some((bound, place) => bound <= (bounds[place - 1] ?? 0))) {
      throw new Error(`${name}${suffix} is not in order`);
    }
    if (last?.bound !== '+Inf' || last.value !== samples.get(`${name}_count${suffix}`)) {
      throw new Error(`${name}${suffix} counts otherwise than its last bucket`);
    }
    if (!samples.has(`${name}_sum${suffix}`)) throw new Error(`${name}${suffix} has no sum`);
  }
}

/** A sample's value, by its name without `contenthub_` and with its labels; undefined when there is none. */
export function sampleOf(families: ReadonlyMap<string, MetricFamily>, sample: string): number | undefined {
  const full = `contenthub_${sample}`;
  for (const { samples } of families.values()) if (samples.has(full)) return samples.get(full);
  return undefined;
}
