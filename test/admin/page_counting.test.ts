import { expect, test } from 'bun:test';
import { contentTypes } from '../../src/contents/index.ts';
import { findContent } from '../../src/store/contents.ts';
import { parseReference } from '../../src/store/pages.ts';
import { DIALECTS } from '../help/databases.ts';
import { eventually } from '../help/eventually.ts';
import { PAGE_URL, type PageHub, startPageHub } from '../help/page_hub.ts';

const SAVES = 200;
const STORED_WITHIN_MS = 20_000;
const TEST_MS_MAX = 90_000;

async function counterOf({ hub }: PageHub, value: string): Promise<number> {
  const reference = parseReference(value);
  const type = contentTypes.find(({ label }) => label === reference?.label);
  if (reference === undefined || type === undefined) throw new Error(`${value} is no content`);
  return (await findContent(hub.database, type, reference.id))?.counter ?? Number.NaN;
}

test.each(DIALECTS)(
  'views counted while a page is saved again and again are no conflict, and none is lost (%s)',
  async (dialect) => {
    const on = await startPageHub(dialect, { PAGE_CACHE_MS: '0' });
    const { a, b, c, editor, hub } = on;
    const id = await on.makePage('Edited', [a, b, c]);
    let isSaving = true;
    let views = 0;
    const viewing = (async () => {
      while (isSaving) {
        const answer = await hub.request(`/api/v1/pages/${id}/`);
        await answer.text();
        if (answer.status === 200) views += 1;
      }
    })();
    const orders = [
      [a, b, c],
      [c, b, a],
    ];
    for (let version = 1; version <= SAVES; version += 1) {
      const sent = { title: `Edit ${version}`, url: PAGE_URL, version: String(version) };
      const answer = await editor.post(`/admin/pages/${id}/`, { ...sent, contents: orders[version % 2] ?? [] });
      expect([version, answer.status]).toEqual([version, 303]);
    }
    isSaving = false;
    await viewing;
    expect(views).toBeGreaterThan(0);
    expect(await on.stored(id)).toMatchObject({ title: `Edit ${SAVES}`, version: SAVES + 1 });
    await eventually(async () => {
      const counters = await Promise.all([a, b, c].map((value) => counterOf(on, value)));
      expect(counters).toEqual([views, views, views]);
    }, STORED_WITHIN_MS);
    await on.stop();
  },
  TEST_MS_MAX,
);
