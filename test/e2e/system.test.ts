import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import type { Browser, Page } from 'playwright-core';
import { PASSWORD } from '../help/admin.ts';
import { findChromium, openBrowser } from '../help/chromium.ts';
import type { TestHub } from '../help/hub.ts';
import { startSampleHub } from '../help/sample_hub.ts';
import { openWatchedPage } from '../help/watched_page.ts';

const isWithoutBrowser = findChromium() === undefined;
const inBrowser = (name: string) => (isWithoutBrowser ? `${name} (no Chromium on PATH or in CHROMIUM_PATH)` : name);
const LIVE = '/admin/system/live/';

describe('the system screen in a browser', () => {
  let hub: TestHub;
  let browser: Browser;

  beforeAll(async () => {
    if (isWithoutBrowser) return;
    hub = await startSampleHub('sqlite');
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
  });

  async function open(): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext({ locale: 'en' });
    const { page, complaints } = await openWatchedPage(context, hub.url);
    await page.goto(`${hub.url}/admin/login/?next=/admin/system/`);
    await page.locator('[name=username]').fill('admin');
    await page.locator('[name=password]').fill(PASSWORD);
    await page.locator('form [type=submit]').click();
    await page.waitForURL('**/admin/system/');
    return { page, complaints };
  }

  test.skipIf(isWithoutBrowser)(
    inBrowser('renews its figures, and leaves the focus and what did not change where they are'),
    async () => {
      const { page, complaints } = await open();
      const link = page.getByRole('link', { name: 'Add to counters' }).first();
      await link.focus();
      await page.evaluate("document.querySelector('#live [role=status]').isTheSame = true");
      const before = await page.locator('.updated time').getAttribute('datetime');
      await page.locator(`.updated time:not([datetime="${before}"])`).waitFor();
      expect(await page.evaluate("document.activeElement.textContent.startsWith('Add to counters')")).toBe(true);
      expect(await page.evaluate("document.querySelector('#live [role=status]').isTheSame")).toBe(true);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  test.skipIf(isWithoutBrowser)(inBrowser('shows what changed meanwhile'), async () => {
    const { page } = await open();
    await page.getByText('the content is gone').waitFor();
    const { orphan } = hub.database.tables;
    await hub.database.tx((tx) => tx.rows(sql`delete from ${orphan}`));
    await page.getByText('Nothing is set aside.').waitFor();
    await page.context().close();
  });

  test.skipIf(isWithoutBrowser)(
    inBrowser('asks for nothing while nobody can see it, and at once when they can'),
    async () => {
      const { page } = await open();
      await page.waitForResponse(`${hub.url}${LIVE}`);
      const hide = (state: string) =>
        page.evaluate(`
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => '${state}' });
        document.dispatchEvent(new Event('visibilitychange'))`);
      await hide('hidden');
      let asked = 0;
      page.on('request', (request) => {
        if (request.url().endsWith(LIVE)) asked += 1;
      });
      // Longer than two rounds.
      await page.waitForTimeout(4500);
      expect(asked).toBe(0);
      const response = page.waitForResponse(`${hub.url}${LIVE}`, { timeout: 1500 });
      await hide('visible');
      expect((await response).status()).toBe(200);
      await page.context().close();
    },
  );

  test.skipIf(isWithoutBrowser)(inBrowser('keeps the last figures while the hub answers with an error'), async () => {
    const { page } = await open();
    await page.route(`**${LIVE}`, (route) => route.fulfill({ status: 503, contentType: 'text/html', body: '<p>away' }));
    await page.waitForResponse(`${hub.url}${LIVE}`);
    // One more round: the first answer has been dealt with by then.
    await page.waitForResponse(`${hub.url}${LIVE}`);
    expect(await page.locator('#live').textContent()).toContain('This process');
    expect(await page.locator('#live').textContent()).not.toContain('away');
    await page.context().close();
  });
});
