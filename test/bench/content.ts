/** Content to measure with, as a fixture. */
const TYPES = ['videocontent', 'audiocontent'] as const;
const VERSE =
  'Shall I compare thee to a summer’s day?\nThou art more lovely and more temperate:\nRough winds do shake the darling buds of May';

export const CONTENTS_PER_PAGE = 5;

/** One record of a fixture. */
export interface ContentRecord {
  readonly model: string;
  readonly pk: number;
  readonly fields: Readonly<Record<string, string | number | readonly string[]>>;
}

/** The records of a fixture with this many pages, and contents of each type; no page shows a content twice. */
export function* createRecords(
  pages: number,
  contents = contentsFor(pages),
  perPage = CONTENTS_PER_PAGE,
): Generator<ContentRecord> {
  for (let pk = 1; pk <= pages; pk++) {
    yield { model: 'pages.page', pk, fields: { title: `Page ${pk}`, url: `https://example.org/pages/${pk}` } };
  }
  for (let pk = 1; pk <= contents; pk++) {
    const file_url = `https://example.org/films/${pk}.mp4`;
    const video = { title: `Video ${pk}`, counter: 0, file_url, subtitles_url: '' };
    yield { model: 'pages.videocontent', pk, fields: video };
    yield { model: 'pages.audiocontent', pk, fields: { title: `Audio ${pk}`, counter: 0, text: VERSE } };
  }
  for (let page = 1; page <= pages; page++) {
    for (let order = 0; order < perPage; order++) {
      const fields = {
        page,
        content_type: ['pages', TYPES[order % TYPES.length] ?? ''],
        object_id: ((page * perPage + order) % contents) + 1,
        order,
      };
      yield { model: 'pages.pagecontent', pk: (page - 1) * perPage + order + 1, fields };
    }
  }
}

/** Contents of each type that go with so many pages. */
function contentsFor(pages: number): number {
  return Math.max(CONTENTS_PER_PAGE, Math.ceil(pages / 4));
}

/** The text of a fixture of `createRecords`. */
export function createFixture(pages: number, contents = contentsFor(pages), perPage = CONTENTS_PER_PAGE): string {
  return JSON.stringify([...createRecords(pages, contents, perPage)]);
}

/** The sum of all counters in a dump of contents. */
export function sumOfCounters(dump: string): number {
  const records: { fields: { counter: number } }[] = JSON.parse(dump);
  return records.reduce((sum, { fields }) => sum + fields.counter, 0);
}
