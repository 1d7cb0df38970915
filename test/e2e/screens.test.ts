/** What every screen of the admin promises, in a browser; the list comes from the route table, so a new screen is on it. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Browser, BrowserContext } from 'playwright-core';
import { PASSWORD } from '../help/admin.ts';
import { findChromium, openBrowser } from '../help/chromium.ts';
import type { TestHub } from '../help/hub.ts';
import { startSampleHub } from '../help/sample_hub.ts';
import { SCREEN_STATES } from '../help/screen_states.ts';
import { listScreens, withNewestEntry } from '../help/screens.ts';
import { findBarriers, openWatchedPage, type WatchedPage, widthOf } from '../help/watched_page.ts';

const isWithoutBrowser = findChromium() === undefined;
const inBrowser = (name: string) => (isWithoutBrowser ? `${name} (no Chromium on PATH or in CHROMIUM_PATH)` : name);

const PHONE = { width: 360, height: 740 };
const WIDE = { width: 1280, height: 900 };

/** Each language in one theme and each theme in one language: what depends on both is nothing. */
const LOOKS = [
  { locale: 'en', colorScheme: 'light' },
  { locale: 'ru', colorScheme: 'dark' },
] as const;

const SCREENS = await listScreens();

describe.each(LOOKS)('in $locale and $colorScheme, the screen', ({ locale, colorScheme }) => {
  let hub: TestHub;
  let browser: Browser;
  let stranger: BrowserContext;
  let admin: BrowserContext;

  beforeAll(async () => {
    if (isWithoutBrowser) return;
    hub = await startSampleHub('sqlite');
    browser = await openBrowser();
    const open = () => browser.newContext({ locale, colorScheme, viewport: WIDE });
    [stranger, admin] = [await open(), await open()];
    const page = await admin.newPage();
    await page.goto(`${hub.url}/admin/login/`);
    await page.locator('[name=username]').fill('admin');
    await page.locator('[name=password]').fill(PASSWORD);
    await page.locator('form [type=submit]').click();
    await page.waitForURL('**/admin/');
    await page.close();
  });

  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
  });

  /** What holds for every page, whatever it shows. */
  async function check({ page, complaints }: WatchedPage, status: number): Promise<void> {
    expect(await page.locator('html').getAttribute('lang')).toBe(locale);
    expect(await page.locator('h1').count()).toBe(1);
    await page.setViewportSize(PHONE);
    expect(await widthOf(page)).toBeLessThanOrEqual(PHONE.width);
    // A status that is meant is the browser's own remark.
    expect(complaints.filter((text) => status === 200 || !text.includes(`status of ${status}`))).toEqual([]);
    // Each size in one of the looks.
    if (colorScheme === 'light') await page.setViewportSize(WIDE);
    expect(await findBarriers(page)).toEqual([]);
  }

  for (const { path, access } of SCREENS) {
    test.skipIf(isWithoutBrowser)(inBrowser(`${path} keeps its promises`), async () => {
      const watched = await openWatchedPage(access === 'anyone' ? stranger : admin, hub.url);
      const answer = await watched.page.goto(`${hub.url}${await withNewestEntry(hub.database, path)}`);
      expect(answer?.status()).toBe(200);
      // A part of a page, or JSON, is looked at where it is shown.
      if (/<html/.test((await answer?.text()) ?? '')) await check(watched, 200);
      await watched.page.close();
    });
  }

  for (const { name, path, isStranger, status, prepare } of SCREEN_STATES) {
    test.skipIf(isWithoutBrowser)(inBrowser(`${path} in the state ${name} keeps its promises`), async () => {
      const watched = await openWatchedPage(isStranger ? stranger : admin, hub.url);
      const { page } = watched;
      const answers: number[] = [];
      page.on('response', (response) => {
        if (response.request().isNavigationRequest()) answers.push(response.status());
      });
      await page.goto(`${hub.url}${path}`);
      await prepare?.(page);
      expect(answers.at(-1)).toBe(status);
      await check(watched, status);
      await page.close();
    });
  }
});
