/** The form of a page and its contents. */
import { ChooserPage } from '../../../views/chooser.tsx';
import { pageFields } from '../../contents/page.ts';
import { validate } from '../../contents/validate.ts';
import { AppError } from '../../errors.ts';
import { listHistory } from '../../store/history.ts';
import { createPage, findPage, PAGE_LABEL, type Page, updatePage } from '../../store/pages.ts';
import type { FormInput } from '../forms.ts';
import { findChoices } from './choices.ts';
import { type Choosing, readChoosing } from './choosing.ts';
import { checkContents, isWell } from './page_check.ts';
import { showPageConflict } from './page_conflict.ts';
import { arrange, fieldsOf, inputOf, newRow, type PageInput, readPageInput, referencesOf } from './page_input.ts';
import { type Listed, pageFormReply, ROWS_LISTED } from './page_reply.ts';
import { attemptSave } from './page_saving.ts';
import { type AdminContext, type AdminRequest, parseId, type Reply, type Screen } from './screen.ts';

export const PAGES_PATH = '/admin/pages/';
/** The button that lists more rows; its value is how many. */
const LIST_BUTTON = '_list';
/** Rows that the button lists: without JavaScript each sends up to three of the 10,000 fields a form may have. */
const ROWS_LISTED_MAX = 3000;

export const pagesScreen: Screen = (admin) => [
  { method: 'GET', path: '/admin/pages/add/', access: 'editor', handle: (visit) => showNew(admin, visit) },
  { method: 'POST', path: '/admin/pages/add/', access: 'editor', handle: (visit) => create(admin, visit) },
  { method: 'GET', path: '/admin/pages/:id/', access: 'viewer', handle: (visit) => show(admin, visit) },
  { method: 'POST', path: '/admin/pages/:id/', access: 'editor', handle: (visit) => save(admin, visit) },
];

/** The page an address names. @throws AppError `not_found` for what can be none */
export function pageIdOf({ params }: Pick<AdminRequest, 'params'>): number {
  const id = parseId(params.id);
  if (id === undefined) throw new AppError('not_found', 'no such page');
  return id;
}

/** The address of a page's form. */
export function pagePath(id: number): string {
  return `${PAGES_PATH}${id}/`;
}

function showNew(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  return pageFormReply(admin, visit, { input: { title: '', url: '', rows: [] } });
}

async function create(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { form, actor, m } = visit;
  const input = readPageInput(form);
  const turn = await showOther(admin, visit, undefined, input);
  if (turn !== undefined) return turn;
  const refused = await refuse(admin, visit, undefined, input);
  if (refused !== undefined) return refused;
  const contents = referencesOf(arrange(input.rows));
  const outcome = await attemptSave(admin.database.tx((tx) => createPage(tx, actor, fieldsOf(input), contents)));
  if (typeof outcome !== 'object') return refuseLate(admin, visit, undefined, input);
  admin.cache.clear();
  return goOn(visit, outcome.stored, m.pages.created(input.title));
}

async function show(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const page = await findPage(admin.database, pageIdOf(visit));
  if (page === undefined) throw new AppError('not_found', 'no such page');
  const head = parseId(visit.query.get('list') ?? '') ?? ROWS_LISTED;
  return pageFormReply(admin, visit, { page, input: inputOf(page), listed: { head, tail: 0 } });
}

async function save(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { form, actor, m } = visit;
  const id = pageIdOf(visit);
  const version = parseId(form.get('version')) ?? 0;
  const input = readPageInput(form);
  const page = await findPage(admin.database, id);
  if (page === undefined) return showGone(admin, visit, id, input);
  const edited = { ...page, version };
  const other = (await showOther(admin, visit, edited, input)) ?? (await refuse(admin, visit, edited, input));
  if (other !== undefined) return other;
  const contents = referencesOf(arrange(input.rows));
  const edit = admin.database.tx((tx) => updatePage(tx, actor, id, version, fieldsOf(input), contents));
  const outcome = await attemptSave(edit);
  if (outcome === 'not_found') return showGone(admin, visit, id, input);
  if (outcome === 'invalid') return refuseLate(admin, visit, edited, input);
  const conflict = outcome === 'conflict' ? await showPageConflict(admin, visit, { id, version, input }) : undefined;
  if (conflict !== undefined) return conflict;
  admin.cache.clear();
  return goOn(visit, id, m.pages.saved(input.title));
}

/** What buttons other than those that save ask for; undefined when none of them was pressed. */
async function showOther(
  admin: AdminContext,
  visit: AdminRequest,
  page: Page | undefined,
  input: PageInput,
): Promise<Reply | undefined> {
  const choosing = readChoosing(visit.form);
  const listed = readListed(visit.form);
  if (choosing?.step === 'search') return chooserReply(admin, visit, page, choosing);
  if (choosing !== undefined) {
    const added = choosing.step === 'chosen' ? choosing.chosen.map(newRow) : [];
    const state = { page, input: { ...input, rows: [...input.rows, ...added] }, isUnsaved: true };
    return pageFormReply(admin, visit, { ...state, listed: { ...listed, tail: listed.tail + added.length } });
  }
  const wanted = parseId(visit.form.get(LIST_BUTTON));
  if (wanted === undefined) return undefined;
  const head = Math.max(listed.head, Math.min(wanted, ROWS_LISTED_MAX));
  return pageFormReply(admin, visit, { page, input, isUnsaved: true, listed: { ...listed, head } });
}

async function chooserReply(
  admin: AdminContext,
  { chrome, m }: AdminRequest,
  page: Page | undefined,
  { term, page: number, chosen, kept }: Choosing,
): Promise<Reply> {
  const found = await findChoices(admin, { term, page: number, language: m.language });
  const action = page === undefined ? `${PAGES_PATH}add/` : pagePath(page.id);
  return { html: ChooserPage({ chrome, action, kept, term, page: number, chosen, ...found }) };
}

/** How many rows the form listed when it was sent. */
function readListed(form: FormInput): Listed {
  return { head: parseId(form.get('listed')) ?? ROWS_LISTED, tail: parseId(form.get('tail')) ?? 0 };
}

/** The form again when something in it cannot be stored. */
async function refuse(
  admin: AdminContext,
  visit: AdminRequest,
  page: Page | undefined,
  input: PageInput,
): Promise<Reply | undefined> {
  const validated = validate(pageFields, fieldsOf(input));
  const allowed = { models: admin.config.allowedContentModels, present: page?.contents ?? [] };
  const check = await checkContents(admin.database, input.rows, allowed);
  if ('values' in validated && isWell(check)) return undefined;
  const refusals = 'refusals' in validated ? validated.refusals : {};
  const listed = readListed(visit.form);
  return pageFormReply(admin, visit, { page, input, refusals, check, listed, isUnsaved: true });
}

/** The same for a save that failed although all seemed well: a content was deleted in between. @throws AppError `conflict` */
async function refuseLate(
  admin: AdminContext,
  visit: AdminRequest,
  page: Page | undefined,
  input: PageInput,
): Promise<Reply> {
  const reply = await refuse(admin, visit, page, input);
  if (reply === undefined) throw new AppError('conflict', 'what was to be stored changed meanwhile');
  return reply;
}

/** A form for making it anew, of a page that was deleted while it was edited. @throws AppError `not_found` if there was none */
async function showGone(admin: AdminContext, visit: AdminRequest, id: number, input: PageInput): Promise<Reply> {
  const known = await listHistory(admin.database, { label: PAGE_LABEL, id, limit: 1 });
  if (known.length === 0) throw new AppError('not_found', 'no such page');
  return pageFormReply(admin, visit, { input, isGone: true, isUnsaved: true });
}

/** Where to go after a save, by the button that was pressed. */
function goOn({ form }: AdminRequest, id: number, text: string): Reply {
  const flash = { kind: 'success', text } as const;
  if (form.get('_continue') !== undefined) return { redirect: pagePath(id), flash };
  if (form.get('_addanother') !== undefined) return { redirect: `${PAGES_PATH}add/`, flash };
  return { redirect: PAGES_PATH, flash };
}
