/** docs/alerts.yaml and docs/dashboard.json ask only for what the program tells. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestHub, type TestHub } from './help/hub.ts';
import { type MetricFamily, parseMetrics } from './help/prometheus.ts';

const DOCS = join(import.meta.dirname, '..', 'docs');
const EXPRESSIONS_MIN = 15;

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

const alerts = Bun.YAML.parse(readFileSync(join(DOCS, 'alerts.yaml'), 'utf8')) as {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
};
const dashboard = JSON.parse(readFileSync(join(DOCS, 'dashboard.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
};
const rules = alerts.groups.flatMap((group) => group.rules);

let hub: TestHub;
let families: ReadonlyMap<string, MetricFamily>;
beforeAll(async () => {
  hub = await startTestHub('sqlite');
  await hub.request('/api/v1/pages/');
  // Also of roles that do not run here: those have no values, but their names.
  families = parseMetrics(await (await hub.request('/metrics')).text());
});
afterAll(() => hub.stop());

/** The metrics of an expression that no process tells of, or tells of in another form. */
function unknownIn(expression: string): string[] {
  return [...expression.matchAll(/\bcontenthub_\w+/g)].flatMap(([name]) => {
    const [, base = name, suffix = ''] = /^(.*_seconds)(_bucket|_sum|_count)$/.exec(name) ?? [];
    const isHistogram = families.get(base)?.type === 'histogram';
    return families.has(base) && isHistogram === (suffix !== '') ? [] : [name];
  });
}

/** The counters that an expression looks at without asking how fast they grow: they say nothing else. */
function bareCountersIn(expression: string): string[] {
  return [...expression.matchAll(/\bcontenthub_\w+_total\b(?!(?:\{[^}]*\})?\[)/g)]
    .map(([name]) => name)
    .filter((name) => !expression.includes(`count(${name})`));
}

describe('docs/alerts.yaml', () => {
  test('has rules with a name of their own, an urgency, and what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect(alert).toMatch(/^ContentHub[A-Z]\w+$/);
      expect(['warning', 'critical']).toContain(labels.severity);
      expect([alert, annotations.summary !== '', annotations.description !== '']).toEqual([alert, true, true]);
    }
  });

  test('asks for metrics that the program has, and for the growth of counters', () => {
    expect(rules.length).toBeGreaterThanOrEqual(EXPRESSIONS_MIN);
    for (const { alert, expr } of rules) {
      expect([alert, unknownIn(expr), bareCountersIn(expr)]).toEqual([alert, [], []]);
    }
  });

  test.each([
    ...['contenthub_views_dropped_total', 'contenthub_queue_oldest_job_seconds', 'contenthub_dead_jobs'],
    ...['contenthub_flush_success_age_seconds', 'contenthub_orphan_views', 'contenthub_database_errors_total'],
    ...['contenthub_http_request_duration_seconds_count', 'contenthub_redis_up', 'contenthub_database_up'],
  ])('watches %s', (name) => {
    expect(rules.some(({ expr }) => expr.includes(name))).toBe(true);
  });
});

describe('docs/dashboard.json', () => {
  test('has panels of their own, which ask for metrics that the program has', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const expressions = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const));
    expect(expressions.length).toBeGreaterThanOrEqual(EXPRESSIONS_MIN);
    for (const [title, expr] of expressions) {
      expect([title, unknownIn(expr), bareCountersIn(expr)]).toEqual([title, [], []]);
    }
  });
});

test('a metric that does not exist, and a histogram without its suffix, would be found', () => {
  expect(unknownIn('max(contenthub_no_such_thing) + contenthub_views_pending')).toEqual(['contenthub_no_such_thing']);
  expect(unknownIn('contenthub_http_request_duration_seconds')).toHaveLength(1);
  expect(unknownIn('contenthub_start_time_seconds_count')).toHaveLength(1);
  expect(bareCountersIn('contenthub_flush_runs_total > 3')).toHaveLength(1);
});
