/**
 * `make screenshots`: every screen of the admin as a picture, wide and on a phone, light and dark, into `docs/screenshots/`.
 * What the clock and the machine decide is replaced by words of the same length, so that two runs give the same pictures.
 *
 *     bun test/e2e/screenshots.ts [PART OF A NAME]…
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { PASSWORD } from '../help/admin.ts';
import { openBrowser } from '../help/chromium.ts';
import { startSampleHub } from '../help/sample_hub.ts';
import { SCREEN_STATES, type ScreenState } from '../help/screen_states.ts';
import { listScreens, withNewestEntry } from '../help/screens.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'screenshots');
const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } } as const;
const SCHEMES = ['light', 'dark'] as const;

/** A picture: a page, and what is done on it first. */
type Picture = Pick<ScreenState, 'name' | 'path' | 'isStranger' | 'prepare'>;

const wanted = process.argv.slice(2);
const pictures = [...(await listPictures()), ...SCREEN_STATES].filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
if (wanted.length === 0) rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const hub = await startSampleHub('sqlite');
const browser = await openBrowser();
for (const scheme of SCHEMES) await takeAll(browser, scheme);
await browser.close();
await hub.stop();
console.log(`${pictures.length * SCHEMES.length * Object.keys(SIZES).length} pictures in docs/screenshots/`);

async function listPictures(): Promise<Picture[]> {
  const screens = await listScreens();
  // A part of a page is on the picture of its page.
  return screens
    .filter(({ path }) => !/\/(live|autocomplete)\//.test(path))
    .map(({ path, access }) => ({
      name: path.split('/').filter(Boolean).slice(1).join('-') || 'dashboard',
      path,
      isStranger: access === 'anyone',
    }));
}

async function takeAll(browser: Browser, colorScheme: (typeof SCHEMES)[number]): Promise<void> {
  const open = () => browser.newContext({ locale: 'en', colorScheme, reducedMotion: 'reduce' });
  const [stranger, admin] = [await open(), await open()];
  const door = await admin.newPage();
  await door.goto(`${hub.url}/admin/login/`);
  await logIn(door, 'admin', PASSWORD);
  await door.waitForURL('**/admin/');
  for (const { name, path, isStranger, prepare } of pictures) {
    const page = await (isStranger ? stranger : admin).newPage();
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      await page.goto(`${hub.url}${await withNewestEntry(hub.database, path)}`);
      await prepare?.(page);
      await page.waitForLoadState('networkidle');
      await steady(page);
      // What sticks to the window's edge stands at the page's.
      const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
      await page.setViewportSize({ ...viewport, height: Math.max(height, viewport.height) });
      await page.screenshot({ path: join(FOLDER, `${name}-${size}-${colorScheme}.png`) });
    }
    await page.close();
  }
  await stranger.close();
  await admin.close();
}

async function logIn(page: Page, username: string, password: string): Promise<void> {
  await page.locator('[name=username]').fill(username);
  await page.locator('[name=password]').fill(password);
  await page.locator('form [type=submit]').click();
}

/** Replaces moments, spans and sizes, and stops the caret. */
async function steady(page: Page): Promise<void> {
  await page.evaluate(`
    document.activeElement?.blur();
    for (const time of document.querySelectorAll('time')) {
      time.textContent = time.textContent
        .replace(/\\d+:\\d+(:\\d+)?/, (clock) => (clock.length > 5 ? '9:41:00' : '9:41'))
        .replace(/[A-Z][a-z]{2} \\d+, \\d{4}/, 'Jan 24, 2026');
    }
    for (const value of document.querySelectorAll('.readings dd')) {
      value.textContent = value.textContent.replace(/[\\d.]+ (MB|sec|min|hr|day)\\b/g, '42 $1');
    }`);
}
