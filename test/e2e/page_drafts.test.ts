/** Drafts of a page's form: each window has its own, and nothing but a save that was done throws one away. */
import { describe, expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { logIn } from '../help/admin.ts';
import { eventually } from '../help/eventually.ts';
import { button, path, save, usePageBrowser } from '../help/page_browser.ts';

/** The titles of the drafts that the browser keeps. */
async function kept(page: Page): Promise<string[]> {
  const titles = await page.evaluate(`
    Object.keys(localStorage).sort().map((key) => JSON.parse(localStorage.getItem(key)).fields.title[0]).join()`);
  return String(titles)
    .split(',')
    .filter((title) => title !== '');
}

/** Types a title, and waits until it is kept. */
async function type(page: Page, title: string): Promise<void> {
  await page.getByLabel('Title').fill(title);
  await eventually(async () => expect(await kept(page)).toContain(title));
}

/** Where an element begins, in pixels from the left. */
async function leftOf(page: Page, selector: string): Promise<number | undefined> {
  return (await page.locator(selector).boundingBox())?.x;
}

describe('a draft', () => {
  const { on, check, enter, open } = usePageBrowser();

  check('stays when its save was refused, whatever else is done in that window', async () => {
    const [id, other] = [await on().makePage('Refused', []), await on().makePage('Other', [])];
    const page = await open(await enter(), path(id));
    page.on('dialog', (question) => question.accept());
    await page.getByLabel('Title').fill('Hours of work');
    await page.getByLabel('URL').fill('ftp://example.org/');
    await button(page, 'Save and go on editing').click();
    await page.locator('.field-problem').waitFor();
    await page.goto(`${on().hub.url}${path(other)}delete/`);
    await button(page, 'Delete the page').click();
    await page.locator('.flash-success', { hasText: 'Other' }).waitFor();
    expect(await kept(page)).toEqual(['Hours of work']);
  });

  check('is kept for each window, and a save throws away its own alone', async () => {
    const id = await on().makePage('Windows', []);
    const context = await enter();
    const [first, second] = [await open(context, path(id)), await open(context, path(id))];
    await type(first, 'First typed');
    await type(second, 'Second typed');
    expect(await kept(second)).toEqual(['First typed', 'Second typed']);
    await save(second, 'Second typed');
    expect(await kept(second)).toEqual(['First typed']);
    await second.getByLabel('Title').fill('x');
    await second.getByLabel('Title').fill('Second typed');
    await first.close();
    const again = await open(context, path(id));
    const [offer, form] = [await leftOf(again, '.draft'), await leftOf(again, 'form[data-draft]')];
    expect(form).toBe(offer);
    await button(again, 'Put them back').click();
    await again.locator('.draft', { hasText: 'Your changes are back' }).waitFor();
    expect(await again.getByLabel('Title').inputValue()).toBe('First typed');
  });

  check('is kept beside one that nobody has decided about', async () => {
    const id = await on().makePage('Undecided', []);
    const context = await enter();
    const first = await open(context, path(id));
    await type(first, 'Earlier');
    await first.close();
    const second = await open(context, path(id));
    await type(second, 'Later');
    await second.close();
    const third = await open(context, path(id));
    expect(await third.locator('.draft').count()).toBe(2);
    await button(third, 'Throw them away').first().click();
    expect(await kept(third)).toEqual(['Later']);
  });

  check('has what was typed while the form was on its way', async () => {
    const id = await on().makePage('Slow', []);
    const page = await open(await enter(), path(id));
    const { promise: arrival, resolve: arrive } = Promise.withResolvers<void>();
    await page.route(`**${path(id)}`, async (route) => {
      if (route.request().method() === 'POST') await arrival;
      await route.continue();
    });
    await page.getByLabel('Title').fill('Sent');
    await page.evaluate(`
      document.querySelector('.form-actions [name=_continue]').click();
      const title = document.querySelector('[name=title]');
      title.value = 'Sent, and more';
      title.dispatchEvent(new Event('input', { bubbles: true }))`);
    arrive();
    await page.locator('.flash-success', { hasText: 'Sent' }).waitFor();
    expect(await page.getByLabel('Title').inputValue()).toBe('Sent');
    await button(page, 'Put them back').click();
    await page.locator('.draft', { hasText: 'Your changes are back' }).waitFor();
    expect(await page.getByLabel('Title').inputValue()).toBe('Sent, and more');
  });

  check('stays when somebody else logs out of this browser', async () => {
    const id = await on().makePage('Not theirs', []);
    const context = await enter();
    const first = await open(context, path(id));
    await type(first, 'Mine');
    await first.close();
    const [name = '', value = ''] = (await logIn(on().hub, 'admin')).cookie().split('=');
    await context.addCookies([{ name, value, url: on().hub.url }]);
    const other = await open(context, path(id));
    await type(other, 'Theirs');
    other.on('dialog', (question) => question.accept());
    await other.locator('.account summary').click();
    await button(other, 'Log out').click();
    await other.waitForURL('**/admin/login/');
    expect(await kept(other)).toEqual(['Mine']);
  });
});
