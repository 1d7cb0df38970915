/** A hub with three contents, an editor who is logged in, and pages made and read without the admin. */
import { audio } from '../../src/contents/audio.ts';
import { video } from '../../src/contents/video.ts';
import type { Dialect } from '../../src/db/connection.ts';
import { createContent } from '../../src/store/contents.ts';
import { createPage, findPage, formatReference, parseReference } from '../../src/store/pages.ts';
import { TESTER } from './actor.ts';
import { createUsers, logIn, type Visitor } from './admin.ts';
import { startTestHub, type TestHub } from './hub.ts';

/** The address of every page made here. */
export const PAGE_URL = 'https://example.org/films/';

export interface PageHub {
  readonly hub: TestHub;
  readonly editor: Visitor;
  /** `label:id` of a video called A, a video called B and an audio called C. */
  readonly a: string;
  readonly b: string;
  readonly c: string;
  makeVideo(title: string): Promise<string>;
  /** Stores a page that shows these, and returns its id. */
  makePage(title: string, contents: readonly string[]): Promise<number>;
  /** The page as it is stored, or undefined. */
  stored(id: number): Promise<StoredPage | undefined>;
  stop(): Promise<void>;
}

export interface StoredPage {
  readonly title: string;
  readonly url: string;
  readonly version: number;
  readonly contents: readonly string[];
}

export async function startPageHub(dialect: Dialect, settings: Record<string, string> = {}): Promise<PageHub> {
  const hub = await startTestHub(dialect, { settings });
  const { database } = hub;
  await createUsers(database);
  const makeVideo = async (title: string) => {
    const id = await database.tx((tx) =>
      createContent(tx, TESTER, video, { title, file_url: 'https://example.org/f' }),
    );
    return formatReference({ label: video.label, id });
  };
  const makeAudio = async (title: string) => {
    const id = await database.tx((tx) => createContent(tx, TESTER, audio, { title, text: 'words' }));
    return formatReference({ label: audio.label, id });
  };
  return {
    hub,
    editor: await logIn(hub, 'editor'),
    ...{ a: await makeVideo('A'), b: await makeVideo('B'), c: await makeAudio('C') },
    makeVideo,
    makePage(title, contents) {
      const references = contents.flatMap((value) => parseReference(value) ?? []);
      return database.tx((tx) => createPage(tx, TESTER, { title, url: PAGE_URL }, references));
    },
    async stored(id) {
      const page = await findPage(database, id);
      if (page === undefined) return undefined;
      const { title, url, version, contents } = page;
      return { title, url, version, contents: contents.map(formatReference) };
    },
    stop: () => hub.stop(),
  };
}

/** The references that a form on a page would send, in order. */
export function contentsIn(html: string): string[] {
  const fields = html.replaceAll(/<template[\s\S]*?<\/template>/g, '').matchAll(/name="contents" value="([^"]*)"/g);
  return [...fields].flatMap(([, value = '']) => value.split(' ').filter((part) => part !== ''));
}

/** The value of a field of a form, as it is shown. */
export function fieldValue(html: string, name: string): string | undefined {
  return new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(html)?.[1];
}
