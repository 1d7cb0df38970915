/** Rows of a page's form, for scripts that list more of them or put a draft back. */
import { InlineRows } from '../../../views/parts/inlines.tsx';
import { PAGE_CONTENTS_MAX, readPageInput } from './page_input.ts';
import { describeRows, ROWS_LISTED } from './page_reply.ts';
import { type AdminContext, type AdminRequest, parseId, type Reply, type Screen } from './screen.ts';

export const pageRowsScreen: Screen = (admin) => [
  { method: 'POST', path: '/admin/pages/rows/', access: 'editor', handle: (visit) => showRows(admin, visit) },
];

/** The first `count` of the contents that were sent as rows, PAGE_CONTENTS_MAX at most, the others in one. Nothing is stored. */
async function showRows({ database }: AdminContext, { form, m }: AdminRequest): Promise<Reply> {
  const { rows } = readPageInput(form);
  const count = Math.min(parseId(form.get('count')) ?? ROWS_LISTED, PAGE_CONTENTS_MAX);
  const listed = await describeRows(database, m, rows.slice(0, count), 1);
  return { html: InlineRows({ m, rows: listed, rest: rows.slice(count).map(({ value }) => value) }) };
}
