import { describe, expect, test } from 'bun:test';
import { createLog, createLogLimit, LOG_LEVELS, type LogFields, type LogFormat, type LogLevel } from '../src/log.ts';

function linesOf(level: LogLevel, format: LogFormat, message: string, fields?: LogFields): string[] {
  const lines: string[] = [];
  const log = createLog(level, format, (line) => lines.push(line));
  for (const each of LOG_LEVELS) log[each](message, fields);
  return lines;
}

describe('a log', () => {
  test.each([
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
  ] as const)('at level %s leaves out what is less important', (level, count) => {
    const levels = linesOf(level, 'json', 'x').map((line) => JSON.parse(line).level);
    expect(levels).toEqual(LOG_LEVELS.slice(-count));
  });

  test('in JSON has time, level, message and what belongs to the event, in this order', () => {
    const [line = ''] = linesOf('error', 'json', 'views wait', {
      label: 'pages.page',
      n: 3,
      isLast: false,
      none: null,
    });
    expect(line).toMatch(
      /^\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"error","message":"views wait","label":"pages\.page","n":3,"isLast":false,"none":null\}\n$/,
    );
  });

  test('in JSON keeps its own time, level and message when an event has fields of these names', () => {
    const [line = ''] = linesOf('error', 'json', 'real', { message: 'other', level: 'x', time: 'y' });
    expect(JSON.parse(line)).toMatchObject({ level: 'error', message: 'real', time: expect.stringMatching(/^\d{4}-/) });
  });

  test('for people has the time of day, the level, the message and the fields', () => {
    const [line = ''] = linesOf('error', 'pretty', 'serving', { url: 'http://x', none: undefined });
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} error serving url=http:\/\/x\n$/);
  });

  test.each(['json', 'pretty'] as const)('in %s is one line an event, whatever is in it', (format) => {
    const evil = 'a\nb\r\u001b[31m\u0085\u2028\u2029\u009b1m\0';
    const [line = ''] = linesOf('error', format, evil, { path: evil });
    expect(line.trimEnd().split(/[\n\r\u0085\u2028\u2029]/)).toHaveLength(1);
    expect(line).not.toContain('\u001b');
    expect(line).not.toContain('\u009b');
    expect(line).toEndWith('\n');
  });
});

describe('a limit of log lines', () => {
  test('allows one line on each topic in its time, and another after a reset', () => {
    const limit = createLogLimit(60_000);
    expect(limit.reset()).toBe(false);
    const seen = ['', '', 'pages.audiocontent', '', 'pages.audiocontent'].map((topic) => limit.allows(topic));
    expect(seen).toEqual([true, false, true, false, false]);
    expect([limit.reset(), limit.reset()]).toEqual([true, false]);
    expect([limit.allows(), limit.allows('pages.audiocontent'), limit.allows()]).toEqual([true, true, false]);
  });

  test('allows the next line when its time is over', () => {
    const limit = createLogLimit(5);
    const began = performance.now();
    let allowed = 0;
    while (performance.now() - began < 50) if (limit.allows()) allowed += 1;
    expect(allowed).toBeGreaterThan(1);
    expect(allowed).toBeLessThanOrEqual(11);
  });
});
