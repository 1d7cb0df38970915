/** Rows of a page's form, for scripts that list more of them or put a draft back. */
import { InlineRows } from '../../../views/parts/inlines.tsx';
import { AppError } from '../../errors.ts';
import { PAGE_CONTENTS_MAX, readPageInput } from './page_input.ts';
import { describeRows, ROWS_LISTED } from './page_reply.ts';
import { type AdminContext, type AdminRequest, parseId, type Reply, type Screen } from './screen.ts';

export const pageRowsScreen: Screen = (admin) => [
  { method: 'POST', path: '/admin/pages/rows/', access: 'editor', handle: (visit) => showRows(admin, visit) },
];

/** The first `count` of the contents that were sent as rows, the others in one. Nothing is stored. @throws AppError `invalid` */
async function showRows({ database }: AdminContext, { form, m }: AdminRequest): Promise<Reply> {
  const { rows } = readPageInput(form);
  if (rows.length > PAGE_CONTENTS_MAX) throw new AppError('invalid', 'more contents than a page may show');
  const count = parseId(form.get('count')) ?? ROWS_LISTED;
  const listed = await describeRows(database, m, rows.slice(0, count), 1);
  return { html: InlineRows({ m, rows: listed, rest: rows.slice(count).map(({ value }) => value) }) };
}
