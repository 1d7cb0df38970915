/** What every screen of the admin promises, in a browser; the list comes from the route table, so a new screen is on it. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Browser, BrowserContext } from 'playwright-core';
import { PASSWORD } from '../help/admin.ts';
import { findChromium, openBrowser } from '../help/chromium.ts';
import type { TestHub } from '../help/hub.ts';
import { startSampleHub } from '../help/sample_hub.ts';
import { listScreens, type ShownScreen } from '../help/screens.ts';
import { findBarriers, openWatchedPage, widthOf } from '../help/watched_page.ts';

const isWithoutBrowser = findChromium() === undefined;
const inBrowser = (name: string) => (isWithoutBrowser ? `${name} (no Chromium on PATH or in CHROMIUM_PATH)` : name);

const PHONE = { width: 360, height: 740 };
const WIDE = { width: 1280, height: 900 };

/** Each language in one theme and each theme in one language: what depends on both is nothing. */
const LOOKS = [
  { locale: 'en', colorScheme: 'light' },
  { locale: 'ru', colorScheme: 'dark' },
] as const;

/** Addresses that lead nowhere, and what they answer: their pages keep the same promises. */
const ERRORS = [{ path: '/admin/nothing/', access: 'admin', status: 404 }] as const;

interface Expected extends Pick<ShownScreen, 'path' | 'access'> {
  readonly status: number;
}
const SCREENS: readonly Expected[] = [
  ...(await listScreens()).map((screen) => ({ ...screen, status: 200 })),
  ...ERRORS,
];

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

  for (const screen of SCREENS) {
    test.skipIf(isWithoutBrowser)(inBrowser(`${screen.path} keeps its promises`), async () => {
      const { page, complaints } = await openWatchedPage(screen.access === 'anyone' ? stranger : admin, hub.url);
      const answer = await page.goto(`${hub.url}${screen.path}`);
      expect(answer?.status()).toBe(screen.status);
      // The browser's own remark about a status that is meant.
      const own = complaints.filter((text) => screen.status === 200 || !text.includes(`status of ${screen.status}`));
      const isDocument = /<html/.test((await answer?.text()) ?? '');
      // A part of a page, or JSON, is looked at where it is shown.
      if (isDocument) {
        await page.waitForLoadState('load');
        expect(await page.locator('html').getAttribute('lang')).toBe(locale);
        expect(await page.locator('h1').count()).toBe(1);
        await page.setViewportSize(PHONE);
        expect(await widthOf(page)).toBeLessThanOrEqual(PHONE.width);
        expect(own).toEqual([]);
        // Each size in one of the looks.
        if (colorScheme === 'light') await page.setViewportSize(WIDE);
        expect(await findBarriers(page)).toEqual([]);
      }
      await page.close();
    });
  }
});
