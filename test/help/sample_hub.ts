import { join } from 'node:path';
import { video } from '../../src/contents/video.ts';
import type { Database } from '../../src/db/connection.ts';
import { findContent, updateContent } from '../../src/store/contents.ts';
import type { Actor } from '../../src/store/history.ts';
import { applyBatch } from '../../src/store/impressions.ts';
import { createPage, findPage, updatePage } from '../../src/store/pages.ts';
import { createResetLink } from '../../src/store/reset_links.ts';
import { hashToken } from '../../src/web/tokens.ts';
import { TESTER } from './actor.ts';
import { createUsers } from './admin.ts';
import { startTestHub, type Target, type TestHub } from './hub.ts';
import { RESET_TOKEN } from './screens.ts';

const SAMPLE_CONTENT = join(import.meta.dirname, '..', '..', 'fixtures', 'sample_content.json');
const EDITOR: Actor = { via: 'admin', id: undefined, name: 'editor', address: '127.0.0.1' };
/** No content has it. */
const NOBODY = 987_654;

/** A hub as it is after some days of work: the sample content, a user of each role, edits, views, and some that are left over. */
export async function startSampleHub(target: Target): Promise<TestHub> {
  const hub = await startTestHub(target, { fixtures: [SAMPLE_CONTENT] });
  await createUsers(hub.database);
  const viewer = { id: 1, username: 'viewer' };
  await hub.database.tx((tx) => createResetLink(tx, TESTER, viewer, hashToken(RESET_TOKEN)));
  await edit(hub.database);
  await view(hub.database);
  return hub;
}

async function edit(database: Database): Promise<void> {
  await database.tx(async (tx) => {
    const contents = [1, 2, 3].map((id) => ({ label: video.label, id }));
    await createPage(tx, EDITOR, { title: 'Three films for a rainy day', url: 'https://example.org/rain' }, contents);
    const page = await findPage(tx, 1);
    if (page === undefined) throw new Error('the sample has no page 1');
    const title = `${page.title}, complete`;
    await updatePage(tx, EDITOR, 1, page.version, { url: page.url, title }, page.contents);
    const film = await findContent(tx, video, 1);
    if (film === undefined) throw new Error('the sample has no video 1');
    await updateContent(tx, EDITOR, video, 1, film.version, { ...film.fields, title: `${film.title}, restored` });
  });
}

async function view(database: Database): Promise<void> {
  const views = new Map([1, 2, 3, 4, 5, 6, NOBODY].map((id) => [id, 12_000 - id * id * 7]));
  views.set(NOBODY, 31);
  const batch = { source: 'sample', label: video.label, seq: 1, batchId: 'sample', views };
  await database.tx((tx) => applyBatch(tx, batch, 1000));
}
