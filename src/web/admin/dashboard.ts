/** The first screen: what there is, what happened last, and whether views are counted. */
import { DashboardPage } from '../../../views/dashboard.tsx';
import { wordsOf } from '../../contents/content.ts';
import { contentTypes, findContentType } from '../../contents/index.ts';
import type { Connection } from '../../db/connection.ts';
import type { Messages } from '../../messages/index.ts';
import { countRows } from '../../store/contents.ts';
import { listRecentEdits } from '../../store/recent_edits.ts';
import { createCountingQuestion } from './counting.ts';
import { createRanking } from './most_viewed.ts';
import { placeOf } from './places.ts';
import { mayUse, type Screen } from './screen.ts';

const EDITS_SHOWN = 10;

export const dashboardScreen: Screen = ({ database, log, readiness }) => {
  const ranking = createRanking(database, log);
  const counting = createCountingQuestion(readiness);
  return [
    {
      method: 'GET',
      path: '/admin/',
      access: 'viewer',
      async handle({ chrome, m, user }) {
        const role = user?.role ?? 'none';
        const [amounts, edits, mostViewed, state] = await Promise.all([
          readAmounts(database, m),
          listRecentEdits(database, EDITS_SHOWN),
          ranking(),
          counting(),
        ]);
        const html = DashboardPage({
          ...{ chrome, amounts, state },
          edits: edits.map((edit) => ({ ...edit, ...describe(edit, m) })),
          ranking: mostViewed && {
            at: mostViewed.at,
            contents: mostViewed.contents.map((content) => ({ ...content, ...describe(content, m) })),
          },
          mayEdit: mayUse(role, 'editor'),
          maySeeSystem: mayUse(role, 'admin'),
        });
        return { html };
      },
    },
  ];
};

/** Pages and each content type, with how many there are. */
function readAmounts(connection: Connection, m: Messages) {
  const sections = [
    { table: 'pages_page', plural: m.frame.pages, name: m.dashboard.page, place: '/admin/pages/' },
    ...contentTypes.map((type) => {
      const { name, namePlural } = wordsOf(type, m.language);
      return { table: type.table, plural: namePlural, name, place: `/admin/contents/${type.type}/` };
    }),
  ];
  return Promise.all(
    sections.map(async ({ table, ...section }) => ({ ...section, count: await countRows(connection, table) })),
  );
}

/** Where an object is edited, and what kind of thing it is. */
function describe({ label, id }: { readonly label: string; readonly id: number }, m: Messages) {
  const type = findContentType(label);
  return { place: placeOf(label, id), kind: type === undefined ? m.dashboard.page : wordsOf(type, m.language).name };
}
