/** The form of a page in a browser: what scripts add to it, and that it is whole without them. */
import { describe, expect } from 'bun:test';
import type { Page } from 'playwright-core';
import { button, choose, order, path, places, rows, said, save, titles, usePageBrowser } from '../help/page_browser.ts';
import { PAGE_URL } from '../help/page_hub.ts';
import { widthOf } from '../help/watched_page.ts';

const MANY = 2000;
/** Nodes of a form that shows a hundred of its contents. */
const NODES_MAX = 4000;

describe('the form of a page in a browser', () => {
  const { on, check, enter, open, storedOrder } = usePageBrowser();

  check('makes a page by mouse', async () => {
    const page = await open(await enter(), '/admin/pages/add/');
    await page.getByLabel('Title').fill('By mouse');
    await page.getByLabel('URL').fill(PAGE_URL);
    for (const name of ['Alpha film', 'Beta film', 'Alpha film']) {
      await choose(page, name);
    }
    expect(await titles(page)).toEqual(['Alpha film', 'Beta film', 'Alpha film']);
    expect(await places(page)).toEqual(['1', '2', '3']);
    await save(page, 'By mouse');
    expect(await titles(page)).toEqual(['Alpha film', 'Beta film', 'Alpha film']);
    const href = await rows(page).first().getByRole('link').getAttribute('href');
    expect(href).toMatch(/^\/admin\/contents\/video\/\d+\/$/);
  });

  check('makes a page by keyboard alone', async () => {
    const page = await open(await enter(), '/admin/pages/add/');
    const { keyboard } = page;
    await keyboard.type('By keyboard');
    await keyboard.press('Tab');
    await keyboard.type(PAGE_URL);
    await keyboard.press('Tab');
    for (const name of ['Beta film', 'Alpha film']) {
      await keyboard.type(name);
      await page.locator('[role=listbox]:not([aria-busy]) [role=option]', { hasText: name }).first().waitFor();
      await keyboard.press('ArrowDown');
      await keyboard.press('Enter');
      await rows(page).filter({ hasText: name }).waitFor();
    }
    // Back to the handle of the last row, and up with it.
    await page.keyboard.press('Escape');
    while (!(await page.evaluate("document.activeElement.matches('[data-handle]')"))) await keyboard.press('Shift+Tab');
    await keyboard.press('Space');
    await said(page, '“Alpha film” picked up, place 2 of 2.');
    await keyboard.press('ArrowUp');
    await said(page, '“Alpha film”: place 1 of 2.');
    await keyboard.press('Space');
    await said(page, '“Alpha film” put down at place 1 of 2.');
    await page.getByLabel('Title').focus();
    await keyboard.press('Enter');
    await page.locator('.flash-success', { hasText: 'By keyboard' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/admin/pages/');
    await page.getByRole('link', { name: 'By keyboard' }).click();
    expect(await titles(page)).toEqual(['Alpha film', 'Beta film']);
  });

  check('reorders with buttons, with keys, by dragging and by a typed place', async () => {
    const id = await on().makePage('Order', [on().a, on().b, on().c]);
    const page = await open(await enter(), path(id));
    await button(page, 'Move “A” down').click();
    expect([await order(page), await places(page)]).toEqual(['BAC', ['1', '2', '3']]);
    await button(page, 'Move “B” up').click();
    expect(await order(page)).toBe('BAC');
    await button(page, 'Reorder “C”').press('Enter');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    expect(await order(page)).toBe('CBA');
    await page.keyboard.press('Escape');
    await said(page, '“C” put back to place 3 of 3.');
    expect(await order(page)).toBe('BAC');
    await drag(page, 'A', 'B', -8);
    expect(await order(page)).toBe('ABC');
    await drag(page, 'A', 'C', 8);
    expect([await order(page), await places(page)]).toEqual(['BCA', ['1', '2', '3']]);
    await page.getByLabel('Place of “A”').fill('1');
    await page.keyboard.press('Enter');
    expect([await order(page), await places(page)]).toEqual(['ABC', ['1', '2', '3']]);
    await page.getByLabel('Place of “A”').fill('nonsense');
    await page.keyboard.press('Enter');
    expect(await places(page)).toEqual(['1', '2', '3']);
    await button(page, 'Move “C” up').click();
    await save(page, 'Order');
    expect(await storedOrder(id)).toBe('ACB');
  });

  /** Drags a row by its handle past the middle of another one. */
  async function drag(page: Page, title: string, target: string, by: number): Promise<void> {
    const handle = await button(page, `Reorder “${title}”`).boundingBox();
    const other = await button(page, `Reorder “${target}”`).boundingBox();
    if (handle === null || other === null) throw new Error('a row is not on the screen');
    await page.mouse.move(handle.x + 10, handle.y + 10);
    await page.mouse.down();
    await page.mouse.move(other.x + 10, other.y + other.height / 2 + by, { steps: 6 });
    await page.mouse.up();
  }

  check('puts a row back when Escape is pressed while it is dragged', async () => {
    const id = await on().makePage('Escaped', [on().a, on().b, on().c]);
    const page = await open(await enter(), path(id));
    const handle = await button(page, 'Reorder “A”').boundingBox();
    await page.mouse.move((handle?.x ?? 0) + 10, (handle?.y ?? 0) + 10);
    await page.mouse.down();
    await page.mouse.move((handle?.x ?? 0) + 10, (handle?.y ?? 0) + 130, { steps: 6 });
    expect(await order(page)).toBe('BCA');
    await page.keyboard.press('Escape');
    await page.mouse.up();
    expect(await order(page)).toBe('ABC');
  });

  check('reorders by a finger', async () => {
    const id = await on().makePage('Touched', [on().a, on().b, on().c]);
    const context = await enter('editor', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    const page = await open(context, path(id));
    expect(await widthOf(page)).toBeLessThanOrEqual(360);
    const from = await button(page, 'Reorder “A”').boundingBox();
    const to = await button(page, 'Reorder “C”').boundingBox();
    if (from === null || to === null) throw new Error('a row is not on the screen');
    const touch = await context.newCDPSession(page);
    const at = (y: number) => [{ x: from.x + 10, y }];
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(from.y + 10) });
    for (const part of [0.3, 0.6, 0.9, 1.05]) {
      const y = from.y + 10 + (to.y + to.height - from.y) * part;
      await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(y) });
    }
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await said(page, '“A” put down');
    expect(await order(page)).toBe('BCA');
  });

  check('takes a content off, and puts it on again before saving', async () => {
    const id = await on().makePage('Undone', [on().a, on().b, on().c]);
    const page = await open(await enter(), path(id));
    await button(page, 'Take “B” off this page').click();
    expect(await places(page)).toEqual(['1', '', '2']);
    expect(await page.locator('[data-total]').textContent()).toBe('2');
    await said(page, '“B” is taken off when you save.');
    await button(page, 'Undo: keep “B” on this page').click();
    expect(await places(page)).toEqual(['1', '2', '3']);
    await button(page, 'Take “A” off this page').click();
    // What is taken off does not count on the way.
    await button(page, 'Move “B” up').click();
    await button(page, 'Move “C” up').click();
    await save(page, 'Undone');
    expect(await storedOrder(id)).toBe('CB');
  });

  check('makes the same page without JavaScript', async () => {
    const page = await open(await enter('editor', { javaScriptEnabled: false }), '/admin/pages/add/');
    await page.getByLabel('Title').fill('Without scripts');
    await page.getByLabel('URL').fill(PAGE_URL);
    await page.getByRole('textbox', { name: 'Add contents' }).fill('film');
    await button(page, 'Search contents').click();
    await page.getByRole('checkbox', { name: /Alpha film/ }).check();
    await page.getByRole('checkbox', { name: /Beta film/ }).check();
    await button(page, 'Add the ticked ones').click();
    expect(await page.getByLabel('Title').inputValue()).toBe('Without scripts');
    const [first = '', second = ''] = await titles(page);
    await page.getByLabel(`Place of “${second}”`).fill('1');
    await save(page, 'Without scripts');
    expect(await titles(page)).toEqual([second, first]);
    await page.getByLabel(`Take “${second}” off this page`).check();
    await save(page, 'Without scripts');
    expect(await titles(page)).toEqual([first]);
  });

  check('opens a page with 2,000 contents as a small form, lists more when asked, and saves it whole', async () => {
    const contents = Array.from({ length: MANY }, (_, index) => [on().a, on().b, on().c][index % 3] ?? on().a);
    const id = await on().makePage('Two thousand', contents);
    const page = await open(await enter(), path(id));
    expect(Number(await page.evaluate("document.querySelectorAll('*').length"))).toBeLessThan(NODES_MAX);
    expect(await rows(page).count()).toBe(100);
    await page.getByText('100 of 2,000 are listed here').waitFor();
    await button(page, 'List 100 contents more').click();
    await page.getByText('200 of 2,000 are listed here').waitFor();
    expect((await places(page)).at(-1)).toBe('200');
    // Into what is not listed, and out of it again.
    await rows(page).first().locator('.inline-place').fill('1500');
    await page.keyboard.press('Enter');
    await said(page, '“A”: place 1500 of 2,000.');
    expect(await rows(page).count()).toBe(199);
    await choose(page, 'C');
    expect((await places(page)).at(-1)).toBe('2001');
    await save(page, 'Two thousand');
    const expected = [...contents.slice(1, 1500), on().a, ...contents.slice(1500), on().c];
    expect((await on().stored(id))?.contents).toEqual(expected);
  });

  check('loses nothing that is put among contents while these are being listed', async () => {
    const contents = Array.from({ length: 250 }, (_, index) => [on().a, on().b, on().c][index % 3] ?? on().a);
    const id = await on().makePage('Put between', contents);
    const page = await open(await enter(), path(id));
    const { promise: arrival, resolve: arrive } = Promise.withResolvers<void>();
    await page.route('**/admin/pages/rows/', async (route) => {
      await arrival;
      await route.continue();
    });
    await button(page, 'List 100 contents more').click();
    await rows(page).first().locator('.inline-place').fill('180');
    await page.keyboard.press('Enter');
    await said(page, '“A”: place 180 of 250.');
    arrive();
    await page.getByText('199 of 250 are listed here').waitFor();
    const [sent] = await Promise.all([
      page.waitForRequest((request) => request.method() === 'POST'),
      save(page, 'Put between'),
    ]);
    // However many rows there are, they are one field of the form.
    expect(sent.postData()?.match(/(^|&)contents=/g)).toHaveLength(1);
    const expected = [...contents.slice(1, 180), on().a, ...contents.slice(180)];
    expect((await on().stored(id))?.contents).toEqual(expected);
  });
});
