/** What somebody has typed into the form of a page is kept, whatever comes between. */
import { describe, expect } from 'bun:test';
import { logIn } from '../help/admin.ts';
import { eventually } from '../help/eventually.ts';
import { button, choose, order, path, save, usePageBrowser } from '../help/page_browser.ts';
import { PAGE_URL } from '../help/page_hub.ts';
import { findBarriers } from '../help/watched_page.ts';

describe('what was typed into the form of a page', () => {
  const { on, check, enter, open, storedOrder } = usePageBrowser();

  check('asks who leaves with changes, and only then', async () => {
    const id = await on().makePage('Left', [on().a, on().b]);
    const page = await open(await enter(), path(id));
    const questions: string[] = [];
    page.on('dialog', (dialog) => {
      questions.push(dialog.type());
      dialog.dismiss();
    });
    await page.reload();
    expect(questions).toEqual([]);
    await button(page, 'Move “A” down').click();
    await page.locator('.admin-bar').getByRole('link', { name: 'Dashboard' }).click();
    await eventually(() => expect(questions).toEqual(['beforeunload']));
    expect([new URL(page.url()).pathname, await order(page)]).toEqual([path(id), 'BA']);
    await button(page, 'Move “A” up').click();
    await page.locator('.admin-bar').getByRole('link', { name: 'Dashboard' }).click();
    await page.waitForURL('**/admin/');
    expect(questions).toHaveLength(1);
  });

  check('offers what was not saved when the form opens again, and forgets it when it is saved', async () => {
    const id = await on().makePage('Draft', [on().a, on().b]);
    const context = await enter();
    const first = await open(context, path(id));
    await first.getByLabel('Title').fill('Half a th');
    await button(first, 'Take “A” off this page').click();
    await choose(first, 'C');
    await first.close();
    const kept = await open(context, path(id));
    const text = await kept.evaluate('JSON.stringify(localStorage)');
    expect(text).toContain('Half a th');
    expect(text).not.toContain(String(await kept.evaluate('document.body.dataset.csrf')));
    expect(await order(kept)).toBe('AB');
    await kept.locator('.draft', { hasText: 'were not saved' }).waitFor();
    await button(kept, 'Put them back').click();
    await kept.locator('.draft', { hasText: 'Your changes are back' }).waitFor();
    expect([await kept.getByLabel('Title').inputValue(), await order(kept)]).toEqual(['Half a th', 'BC']);
    await save(kept, 'Half a th');
    expect(await storedOrder(id)).toBe('BC');
    expect(await kept.evaluate('JSON.stringify(localStorage)')).toBe('{}');
    expect(await kept.locator('.draft').count()).toBe(0);
  });

  check('throws a draft away when asked to, and keeps it from everybody else', async () => {
    const id = await on().makePage('Mine alone', [on().a]);
    const context = await enter();
    const first = await open(context, path(id));
    await first.getByLabel('Title').fill('Secret');
    await first.close();
    const visitor = await logIn(on().hub, 'admin');
    const mine = await context.cookies();
    const [name = '', value = ''] = visitor.cookie().split('=');
    await context.addCookies([{ name, value, url: on().hub.url }]);
    const other = await open(context, path(id));
    expect(await other.locator('.draft').count()).toBe(0);
    await other.close();
    await context.addCookies(mine);
    const again = await open(context, path(id));
    await button(again, 'Throw them away').click();
    await again.reload();
    expect(await again.locator('.draft').count()).toBe(0);
    expect(await again.evaluate('JSON.stringify(localStorage)')).toBe('{}');
  });

  check('forgets drafts at the logout, and those of weeks ago', async () => {
    const id = await on().makePage('Forgotten', [on().a]);
    const context = await enter();
    const first = await open(context, path(id));
    await first.getByLabel('Title').fill('Typed');
    await first.close();
    const second = await open(context, '/admin/');
    expect(await second.evaluate('Object.keys(localStorage).length')).toBe(1);
    await second.evaluate(`
      const [key] = Object.keys(localStorage);
      const draft = JSON.parse(localStorage.getItem(key));
      localStorage.setItem('contenthub-draft:editor:/old/', JSON.stringify({ ...draft, at: Date.now() - 22 * 24 * 3600e3 }))`);
    await second.reload();
    expect(await second.evaluate("localStorage.getItem('contenthub-draft:editor:/old/')")).toBeNull();
    expect(await second.evaluate('Object.keys(localStorage).length')).toBe(1);
    await second.locator('.account summary').click();
    await button(second, 'Log out').click();
    await second.waitForURL('**/admin/login/');
    expect(await second.evaluate('localStorage.length')).toBe(0);
  });

  check('keeps what was typed when the form is refused, and says where', async () => {
    const id = await on().makePage('Refused', [on().a, on().b]);
    const page = await open(await enter(), path(id));
    await button(page, 'Move “A” down').click();
    await page.getByLabel('URL').fill('ftp://example.org/');
    await button(page, 'Save and go on editing').click();
    await page.locator('.field-problem', { hasText: 'Enter an http or https address.' }).waitFor();
    await page.locator('[name=url]:focus').waitFor();
    expect(await order(page)).toBe('BA');
    await page.getByLabel('URL').fill(PAGE_URL);
    await save(page, 'Refused');
    expect(await storedOrder(id)).toBe('BA');
    expect(await page.evaluate('localStorage.length')).toBe(0);
  });

  check('sends a form once, however often it is pressed', async () => {
    const id = await on().makePage('Pressed', [on().a]);
    const page = await open(await enter(), path(id));
    let sent = 0;
    page.on('request', (request) => {
      if (request.method() === 'POST') sent += 1;
    });
    await page.getByLabel('Title').fill('Pressed twice');
    await page.evaluate(`
      const button = document.querySelector('.form-actions [name=_continue]');
      button.click(); button.click(); button.click();`);
    await page.locator('.flash-success', { hasText: 'Pressed twice' }).waitFor();
    expect(sent).toBe(1);
    expect(await button(page, 'Save and go on editing').isEnabled()).toBe(true);
  });

  check('copies a page once, however often the button is pressed', async () => {
    const id = await on().makePage('Copied', [on().a]);
    const page = await open(await enter(), path(id));
    const { promise: arrival, resolve: arrive } = Promise.withResolvers<void>();
    let sent = 0;
    await page.route('**/duplicate/', async (route) => {
      sent += 1;
      await arrival;
      await route.continue();
    });
    // Pressed again when the first request is on its way; what a second press would send has gone out before `?after`.
    const isAsked = page.waitForRequest((request) => request.url().endsWith('?after'));
    await page.evaluate(`
      const button = document.querySelector('form[action$="/duplicate/"] button');
      button.click();
      fetch('/livez').then(() => button.click()).then(() => fetch('/livez')).then(() => fetch('/livez?after'));
      0`);
    await isAsked;
    arrive();
    await page.locator('.flash-success', { hasText: 'Copied (copy)' }).waitFor();
    expect(sent).toBe(1);
  });

  check('asks who leaves while a new content is half made', async () => {
    const id = await on().makePage('Dialog', []);
    const page = await open(await enter(), path(id));
    const questions: string[] = [];
    page.on('dialog', (dialog) => {
      questions.push(dialog.type());
      dialog.dismiss();
    });
    await page.getByRole('combobox', { name: 'Add contents' }).fill('Brand new');
    await page.locator('.chooser-create').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('File URL').fill('https://example.org/new.mp4');
    await page.evaluate('location.reload()');
    await eventually(() => expect(questions).toEqual(['beforeunload']));
    expect(await dialog.getByLabel('File URL').inputValue()).toBe('https://example.org/new.mp4');
    await button(page, 'Create and add').click();
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await save(page, 'Dialog');
    expect(questions).toHaveLength(1);
  });

  check('shows two editors both versions, and saves what was chosen of each', async () => {
    const id = await on().makePage('Both', [on().a, on().b]);
    const [mine, theirs] = [await open(await enter(), path(id)), await open(await enter('admin'), path(id))];
    await theirs.getByLabel('Title').fill('Their title');
    await button(theirs, 'Move “A” down').click();
    await save(theirs, 'Their title');
    await choose(mine, 'C');
    await button(mine, 'Save and go on editing').click();
    await mine.getByRole('heading', { name: 'Two versions of “Their title”' }).waitFor();
    expect(await findBarriers(mine)).toEqual([]);
    const title = mine.getByRole('group', { name: /^Title/ });
    expect(await title.getByRole('radio', { name: 'Theirs' }).isChecked()).toBe(true);
    const contents = mine.getByRole('group', { name: /^Contents/ });
    expect(await contents.getByRole('radio', { name: /^Both/ }).isChecked()).toBe(true);
    await contents.locator('li', { hasText: 'C (audio' }).filter({ hasText: 'only in mine' }).waitFor();
    await button(mine, 'Save as chosen').click();
    await mine.locator('.flash-success', { hasText: 'Their title' }).waitFor();
    expect([await storedOrder(id), await mine.evaluate('localStorage.length')]).toEqual(['BCA', 0]);
  });

  check('drops mine for theirs without offering it again', async () => {
    const id = await on().makePage('Dropped', [on().a]);
    const [mine, theirs] = [await open(await enter(), path(id)), await open(await enter('admin'), path(id))];
    await theirs.getByLabel('Title').fill('Kept');
    await save(theirs, 'Kept');
    await mine.getByLabel('Title').fill('Let go');
    await button(mine, 'Save and go on editing').click();
    await mine.getByRole('link', { name: 'Drop mine, open theirs' }).click();
    await mine.getByRole('heading', { name: 'Kept', level: 1 }).waitFor();
    expect(await mine.locator('.draft').count()).toBe(0);
  });
});
