/** A hub whose contents, users and browser are Russian shows no English word on any screen. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { contentTypes } from '../../src/contents/index.ts';
import { en } from '../../src/messages/en.ts';
import { ru } from '../../src/messages/ru.ts';
import { createContent } from '../../src/store/contents.ts';
import type { Actor } from '../../src/store/history.ts';
import { createPage } from '../../src/store/pages.ts';
import { createResetLink } from '../../src/store/reset_links.ts';
import { createUser } from '../../src/store/users.ts';
import { hashPassword } from '../../src/web/passwords.ts';
import { hashToken } from '../../src/web/tokens.ts';
import { TESTER } from '../help/actor.ts';
import { logIn, openVisitor, PASSWORD, type Visitor } from '../help/admin.ts';
import { startTestHub, type TestHub } from '../help/hub.ts';
import { listScreens, RESET_TOKEN, withNewestEntry } from '../help/screens.ts';
import { latinWordsOf, sentencesOf } from '../help/sentences.ts';

const ADMIN = 'админ';
const ACTOR: Actor = { via: 'admin', id: 1, name: ADMIN, address: '' };
const RUSSIAN = { 'Accept-Language': 'ru' };

const wordsOf = (table: unknown) =>
  latinWordsOf(
    sentencesOf(table)
      .map(({ text }) => text)
      .join('\n'),
  );
/** What the admin says in English and not in Russian. */
const ENGLISH = wordsOf(en).difference(wordsOf(ru));

/** What a page says: its text, and the attributes that are read out. Code is the same in every language. */
function textOf(html: string): string {
  const shown = html.replaceAll(/<(script|style|code)\b.*?<\/\1>/gs, ' ');
  const attributes = [...shown.matchAll(/ (?:alt|aria-label|placeholder|title)="([^"]*)"/g)].map(
    ([, text = '']) => text,
  );
  return `${shown.replaceAll(/<[^>]*>/g, '\n')}\n${attributes.join('\n')}`;
}

const englishIn = (html: string) => [...latinWordsOf(textOf(html)).intersection(ENGLISH)];

describe('in Russian', async () => {
  let hub: TestHub;
  let admin: Visitor;
  let stranger: Visitor;

  beforeAll(async () => {
    hub = await startTestHub('sqlite');
    const passwordHash = await hashPassword(PASSWORD);
    await hub.database.tx(async (tx) => {
      const id = await createUser(tx, TESTER, { username: ADMIN, email: '', passwordHash, role: 'admin' });
      await createResetLink(tx, TESTER, { id, username: ADMIN }, hashToken(RESET_TOKEN));
      const contents = [];
      for (const type of contentTypes) {
        const fields = Object.entries(type.fields).map(([name, { control }]) => [
          name,
          control.inputType === 'url' ? 'https://example.org/1' : 'Слова',
        ]);
        const values = { ...Object.fromEntries(fields), title: 'Название' };
        contents.push({ label: type.label, id: await createContent(tx, ACTOR, type, values) });
      }
      await createPage(tx, ACTOR, { title: 'Страница', url: 'https://example.org/' }, contents);
    });
    admin = await logIn(hub, ADMIN);
    stranger = await openVisitor(hub);
  });
  afterAll(() => hub.stop());

  test.each((await listScreens()).map((screen) => [screen.path, screen.access] as const))(
    '%s says no English word',
    async (path, access) => {
      const page = await (access === 'anyone' ? stranger : admin).get(
        await withNewestEntry(hub.database, path),
        RUSSIAN,
      );
      expect(page.status).toBe(200);
      expect(englishIn(await page.text())).toEqual([]);
    },
  );

  test('an address that leads nowhere says no English word', async () => {
    const page = await admin.get('/admin/nothing/', RUSSIAN);
    expect(page.status).toBe(404);
    expect(englishIn(await page.text())).toEqual([]);
  });

  test('an English screen is seen', async () => {
    const page = await admin.get('/admin/', { 'Accept-Language': 'en' });
    expect(englishIn(await page.text())).toEqual(expect.arrayContaining(['dashboard', 'pages', 'most', 'viewed']));
  });
});
