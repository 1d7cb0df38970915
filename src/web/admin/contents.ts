/** The form of a content of any type. */
import { ContentForm } from '../../../views/content_form.tsx';
import type { ContentType } from '../../contents/content.ts';
import type { Refusal } from '../../contents/fields/kind.ts';
import { editableFields, validate } from '../../contents/validate.ts';
import { AppError } from '../../errors.ts';
import { findUses } from '../../store/content_uses.ts';
import { type Content, contentValues, createContent, findContent, updateContent } from '../../store/contents.ts';
import { listHistory } from '../../store/history.ts';
import { assetUrl } from '../static.ts';
import { attempt } from './attempt.ts';
import { showConflict } from './content_conflict.ts';
import { type ContentInput, describeFields, readInput } from './content_fields.ts';
import { contentPath, idOf, listPath, SECTION_PATH, sectionOf, typeOf } from './content_type.ts';
import { PREVIEW_FIELD, policyFor, previewOf } from './preview.ts';
import { type AdminContext, type AdminRequest, mayUse, parseId, type Reply, type Screen } from './screen.ts';

/** Pages that a form names where its content is shown. */
const USES_NAMED_MAX = 10;

export const contentsScreen: Screen = (admin) => [
  { method: 'GET', path: `${SECTION_PATH}add/`, access: 'editor', handle: (visit) => showNew(admin, visit) },
  { method: 'POST', path: `${SECTION_PATH}add/`, access: 'editor', handle: (visit) => create(admin, visit) },
  { method: 'GET', path: `${SECTION_PATH}:id/`, access: 'viewer', handle: (visit) => show(admin, visit) },
  { method: 'POST', path: `${SECTION_PATH}:id/`, access: 'editor', handle: (visit) => save(admin, visit) },
];

function showNew(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  return formReply(admin, visit, typeOf(visit), { input: {} });
}

async function create(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const type = typeOf(visit);
  const input = readInput(type, visit.form);
  if (visit.form.get(PREVIEW_FIELD) !== undefined) return formReply(admin, visit, type, { input, isPreview: true });
  const validated = validate(editableFields(type), input);
  if ('refusals' in validated) return formReply(admin, visit, type, { input, refusals: validated.refusals });
  const id = await admin.database.tx((tx) => createContent(tx, visit.actor, type, validated.values));
  admin.cache.clear();
  return goOn(visit, type, id, visit.m.contents.created(input.title ?? ''));
}

async function show(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const type = typeOf(visit);
  const content = await findContent(admin.database, type, idOf(visit));
  if (content === undefined) throw new AppError('not_found', 'no such content');
  const isPreview = visit.query.get('preview') === '1';
  return formReply(admin, visit, type, { content, input: contentValues(content), isPreview });
}

async function save(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const type = typeOf(visit);
  const id = idOf(visit);
  const { form, actor, m } = visit;
  const input = readInput(type, form);
  const version = parseId(form.get('version')) ?? 0;
  const isPreview = form.get(PREVIEW_FIELD) !== undefined;
  const validated = validate(editableFields(type), input);
  if (isPreview || 'refusals' in validated) {
    const content = await findContent(admin.database, type, id);
    if (content === undefined) return showGone(admin, visit, type, id, input);
    const state = 'refusals' in validated && !isPreview ? { refusals: validated.refusals } : { isPreview };
    return formReply(admin, visit, type, { content: { ...content, version }, input, ...state });
  }
  const outcome = await attempt(
    admin.database.tx((tx) => updateContent(tx, actor, type, id, version, validated.values)),
  );
  if (outcome === 'not_found') return showGone(admin, visit, type, id, input);
  const conflict = outcome === 'conflict' ? await showConflict(admin, visit, type, { id, version, input }) : undefined;
  if (conflict !== undefined) return conflict;
  admin.cache.clear();
  return goOn(visit, type, id, m.contents.saved(input.title ?? ''));
}

/** Where to go after a save, by the button that was pressed. */
function goOn({ form }: AdminRequest, type: ContentType, id: number, text: string): Reply {
  const flash = { kind: 'success', text } as const;
  if (form.get('_continue') !== undefined) return { redirect: contentPath(type, id), flash };
  if (form.get('_addanother') !== undefined) return { redirect: `${listPath(type)}add/`, flash };
  return { redirect: listPath(type), flash };
}

/** A form for making it anew, of a content that was deleted while it was edited. @throws AppError `not_found` if there was none */
async function showGone(
  admin: AdminContext,
  visit: AdminRequest,
  type: ContentType,
  id: number,
  input: ContentInput,
): Promise<Reply> {
  const known = await listHistory(admin.database, { label: type.label, id, limit: 1 });
  if (known.length === 0) throw new AppError('not_found', 'no such content');
  return formReply(admin, visit, type, { input, isGone: true });
}

interface FormState {
  /** Undefined for a form that makes a new one. */
  readonly content?: Content;
  readonly input: ContentInput;
  readonly refusals?: Readonly<Record<string, Refusal>>;
  readonly isPreview?: boolean;
  readonly isGone?: boolean;
}

async function formReply(
  { database }: AdminContext,
  { request, chrome, m, user }: AdminRequest,
  type: ContentType,
  { content, input, refusals, isPreview = false, isGone = false }: FormState,
): Promise<Reply> {
  const preview = previewOf(type, input, isPreview);
  const uses = content && (await findUses(database, type.label, content.id, USES_NAMED_MAX));
  const html = ContentForm({
    ...{ chrome, section: sectionOf(type, m.language), preview, isGone },
    content: content && uses && { ...content, uses },
    fields: describeFields(m, type, input, refusals),
    isUnsaved: request.method === 'POST',
    isReadOnly: !mayUse(user?.role ?? 'none', 'editor'),
    scripts: preview?.isShown ? [assetUrl('preview.js')] : [],
  });
  return { html, policy: policyFor(preview), status: isGone ? 409 : refusals === undefined ? 200 : 422 };
}
