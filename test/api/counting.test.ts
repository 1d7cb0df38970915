import { describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { eventually } from '../help/eventually.ts';
import { type HubUnderTest, onEveryTarget } from './each_target.ts';

const CONCURRENT_MAX = 50;

/** Every counter of the hub, by `type:id`. */
async function counters({ hub }: HubUnderTest): Promise<Record<string, number>> {
  const rows = await hub.database.rows(sql`
    select 'video' as type, id, counter from pages_videocontent
    union all select 'audio', id, counter from pages_audiocontent`);
  return Object.fromEntries(rows.map((row) => [`${row.type}:${row.id}`, Number(row.counter)]));
}

/** What each counter rose by since `before`, those that did. */
async function rises(under: HubUnderTest, before: Readonly<Record<string, number>>): Promise<Record<string, number>> {
  const now = await counters(under);
  const entries = Object.entries(now).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(entries.filter(([, rise]) => rise !== 0));
}

async function open(under: HubUnderTest, path: string, times: number): Promise<void> {
  for (let left = times; left > 0; left -= CONCURRENT_MAX) {
    const requests = Array.from({ length: Math.min(left, CONCURRENT_MAX) }, () => under.hub.request(path));
    for (const answer of await Promise.all(requests)) {
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
    }
  }
}

function counting(under: HubUnderTest): void {
  test('an opening of a page counts each of its contents once, also one that is shown twice', async () => {
    await under.hub.database.tx((tx) =>
      tx.rows(sql`
        insert into pages_pagecontent (page_id, content_type, object_id, "order")
        values (25, 'pages.audiocontent', 2, 8), (25, 'pages.audiocontent', 2, 9)`),
    );
    const before = await counters(under);
    await open(under, '/api/v1/pages/25/', 1);
    await eventually(async () => expect(await rises(under, before)).toEqual({ 'video:1': 1, 'audio:2': 1 }));
  });

  test('nothing else counts: HEAD, OPTIONS, errors, lists, redirects', async () => {
    const before = await counters(under);
    for (const [method, path, accept] of [
      ['HEAD', '/api/v1/pages/1/', '*/*'],
      ['OPTIONS', '/api/v1/pages/1/', '*/*'],
      ['POST', '/api/v1/pages/1/', '*/*'],
      ['GET', '/api/v1/pages/1/', 'text/html'],
      ['GET', '/api/v1/pages/1/?format=xml', '*/*'],
      ['GET', '/api/v1/pages/1', '*/*'],
      ['GET', '/api/v1/pages/999/', '*/*'],
      ['GET', '/api/v1/pages/', '*/*'],
      ['GET', '/api/v1/pages/?page_size=100', '*/*'],
      ['GET', '/api/v1/pages/4/', '*/*'],
    ] as const) {
      await under.raw(method, path, { Accept: accept });
    }
    // Views are stored in order: once this page's are there, those of the requests above would be too.
    await open(under, '/api/v1/pages/6/', 1);
    await eventually(async () =>
      expect(await rises(under, before)).toEqual({ 'audio:1': 1, 'audio:3': 1, 'video:3': 1 }),
    );
  });

  test('five hundred openings are five hundred views, indented ones too', async () => {
    const before = await counters(under);
    await open(under, '/api/v1/pages/1/', 499);
    const indented = await under.raw('GET', '/api/v1/pages/1/', { Accept: 'application/json; indent=4' });
    expect(indented.status).toBe(200);
    const all = { 'video:1': 500, 'video:2': 500, 'video:3': 500, 'video:4': 500 };
    await eventually(async () => expect(await rises(under, before)).toEqual(all));
  });

  test('the API shows a view within two seconds', async () => {
    const read = async () => JSON.parse((await under.raw('GET', '/api/v1/pages/2/')).body).contents[0].counter;
    const before = await read();
    await eventually(async () => expect(await read()).toBeGreaterThan(before), 2000);
  });
}

describe('with the page cache', () => onEveryTarget(counting));
describe('without a cache', () => onEveryTarget(counting, { settings: { PAGE_CACHE_MS: '0' } }));
