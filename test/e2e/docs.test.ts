import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { contentTypes } from '../../src/contents/index.ts';
import { video } from '../../src/contents/video.ts';
import { findContent } from '../../src/store/contents.ts';
import { findChromium, openBrowser } from '../help/chromium.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';

const SAMPLE_CONTENT = join(import.meta.dirname, '..', '..', 'fixtures', 'sample_content.json');
const COUNT_TIMEOUT_MS = 5000;
/** Long enough for a second, wrong count of the same view to be stored. */
const SETTLE_MS = 300;

const isWithoutBrowser = findChromium() === undefined;
const inBrowser = (name: string) => (isWithoutBrowser ? `${name} (no Chromium on PATH or in CHROMIUM_PATH)` : name);

/** Each page, and what stands on it once it has done its work. */
const PAGES = [
  { path: '/', ready: 'text=Start here' },
  { path: '/api/docs/', ready: '#operations-pages-pages_retrieve' },
  { path: '/api/redoc/', ready: '#redoc h2:has-text("Get a page with its contents")' },
] as const;

describe.each(['sqlite', 'executable'] as const)('in a browser, of the hub (%s)', (target) => {
  let hub: TestHub;
  let browser: Browser;

  beforeAll(async () => {
    if (isWithoutBrowser) return;
    hub = await startTestHub(target, { fixtures: [SAMPLE_CONTENT], settings: { PAGE_CACHE_MS: '0' } });
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
  });

  /** Opens a page; `complaints` collects what a reader's console would show and every request that leaves the hub. */
  async function open(
    path: string,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ colorScheme });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (/^(https?|wss?):$/.test(protocol) && origin !== hub.url) complaints.push(`asked ${request.url()}`);
    });
    await page.exposeFunction('complain', (text: string) => complaints.push(text));
    await page.addInitScript(
      "addEventListener('securitypolicyviolation', (event) => complain(event.violatedDirective + ' ' + event.blockedURI))",
    );
    await page.goto(`${hub.url}${path}`);
    return { page, complaints };
  }

  for (const { path, ready } of PAGES) {
    for (const scheme of ['light', 'dark'] as const) {
      test.skipIf(isWithoutBrowser)(
        inBrowser(`${path} in ${scheme} breaks no policy, logs no error and asks no other origin`),
        async () => {
          const { page, complaints } = await open(path, scheme);
          await page.locator(ready).first().waitFor();
          await page.waitForLoadState('networkidle');
          expect(complaints).toEqual([]);
          const ground = String(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
          const isDark = Number(ground.match(/\d+/)?.[0]) < 128;
          expect(isDark).toBe(scheme === 'dark');
          await page.close();
        },
      );
    }

    test.skipIf(isWithoutBrowser)(inBrowser(`${path} fits a phone`), async () => {
      const { page } = await open(path);
      await page.setViewportSize({ width: 360, height: 740 });
      await page.locator(ready).first().waitFor();
      expect(Number(await page.evaluate('document.documentElement.scrollWidth'))).toBeLessThanOrEqual(360);
      await page.close();
    });
  }

  test.skipIf(isWithoutBrowser)(inBrowser('“Try it out” opens a page and counts one view'), async () => {
    const counter = async () => (await findContent(hub.database, video, 1))?.counter ?? Number.NaN;
    const before = await counter();
    const { page, complaints } = await open('/api/docs/');
    const operation = page.locator('#operations-pages-pages_retrieve');
    await operation.locator('.opblock-summary-control').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    await operation.getByPlaceholder('id').fill('1');
    await operation.getByRole('button', { name: 'Execute' }).click();
    const response = operation.locator('.live-responses-table .response');
    expect(await response.locator('.response-col_status').textContent()).toStartWith('200');
    expect(await response.locator('.highlight-code').first().textContent()).toContain('Big Buck Bunny (2008)');

    const deadline = performance.now() + COUNT_TIMEOUT_MS;
    while ((await counter()) === before && performance.now() < deadline) await Bun.sleep(20);
    await Bun.sleep(SETTLE_MS);
    expect(await counter()).toBe(before + 1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test.skipIf(isWithoutBrowser)(inBrowser('ReDoc describes each content type with its fields'), async () => {
    const { page, complaints } = await open('/api/redoc/');
    const operation = page.locator('[data-section-id="tag/pages/operation/pages_retrieve"]');
    await operation.getByRole('button', { name: '200 The page.' }).click();
    await operation.getByRole('button', { name: 'expand contents' }).click();
    const choice = operation.locator('td[colspan] select').first();
    const types = contentTypes.map((type) => type.type);
    expect((await choice.locator('option').allTextContents()).sort()).toEqual(types.sort());
    for (const type of contentTypes) {
      await choice.selectOption(type.type);
      for (const field of Object.keys(type.fields))
        await operation.locator(`td[kind="field"][title="${field}"]`).first().waitFor();
    }
    expect(complaints).toEqual([]);
    await page.close();
  });
});
