/** Screens of the sample hub as they are only after something was done on them. */
import type { Page } from 'playwright-core';

export interface ScreenState {
  readonly name: string;
  readonly path: string;
  /** Somebody who has not logged in. */
  readonly isStranger?: boolean;
  /** What the page that is shown in the end was answered with. */
  readonly status: number;
  /** Done on the page at the path, in a context of its own language. It can be done again. */
  prepare?(page: Page): Promise<void>;
}

const save = (page: Page) => page.locator('[name=_continue]:visible').first().click();
const heading = (page: Page, status: string) => page.locator(status).first().waitFor();

export const SCREEN_STATES: readonly ScreenState[] = [
  { name: 'error-not-found', path: '/admin/nothing/', status: 404 },
  {
    name: 'login-wrong',
    path: '/admin/login/',
    isStranger: true,
    status: 422,
    async prepare(page) {
      await page.locator('[name=username]').fill('somebody');
      await page.locator('[name=password]').fill('not the password');
      await page.locator('main form [type=submit]').click();
      await heading(page, '.notice-error');
    },
  },
  {
    name: 'account-menu',
    path: '/admin/',
    status: 200,
    prepare: (page) => page.locator('.account > summary').click(),
  },
  {
    name: 'content-refused',
    path: '/admin/contents/video/3/',
    status: 422,
    async prepare(page) {
      await page.locator('[name=title]').fill(' ');
      await page.locator('[name=file_url]').fill('ftp://example.org/film.mp4');
      await page.evaluate("document.querySelector('[name=file_url]').form.noValidate = true");
      await save(page);
      await heading(page, '.field-problem');
    },
  },
  {
    name: 'content-conflict',
    path: '/admin/contents/video/2/',
    status: 409,
    async prepare(page) {
      const other = await page.context().newPage();
      await other.goto(page.url());
      // Twice, so that the second is a change however often this is done.
      for (const title of ['Sintel (2010), remastered', 'Sintel (2010), in 4K']) {
        await other.locator('[name=title]').fill(title);
        await save(other);
        await other.locator('.flash-success').waitFor();
      }
      await other.close();
      await page.locator('[name=title]').fill('Sintel (2010), with subtitles');
      await save(page);
      await heading(page, '.conflict');
    },
  },
  {
    name: 'chooser-open',
    path: '/admin/pages/add/',
    status: 200,
    async prepare(page) {
      await page.getByRole('combobox').first().pressSequentially('cam');
      // Until then the options of an earlier letter are there, dimmed.
      await page.locator('[role=listbox]:not([aria-busy]) [role=option]').first().waitFor();
    },
  },
];
