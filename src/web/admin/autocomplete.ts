/** The chooser's answers: what can be chosen, and the form of a new content beside it. */
import { CreatedContent, type NewContentField, NewContentForm, NewContentPage } from '../../../views/new_content.tsx';
import { ChoiceOptions } from '../../../views/parts/combobox.tsx';
import { type ContentType, wordsOf } from '../../contents/content.ts';
import { contentTypes } from '../../contents/index.ts';
import { editableFields, validate } from '../../contents/validate.ts';
import { AppError } from '../../errors.ts';
import type { Messages } from '../../messages/index.ts';
import { createContent } from '../../store/contents.ts';
import { formatReference } from '../../store/pages.ts';
import { findChoices, parsePageNumber } from './choices.ts';
import { sayRefusal } from './refusals.ts';
import { type AdminContext, type AdminRequest, mayUse, type Reply, type Screen } from './screen.ts';

const NEW_PATH = '/admin/autocomplete/new/:type/';

export const autocompleteScreen: Screen = (admin) => [
  { method: 'GET', path: '/admin/autocomplete/', access: 'viewer', handle: (visit) => answerTerm(admin, visit) },
  { method: 'GET', path: NEW_PATH, access: 'editor', handle: (visit) => showNew(admin, visit) },
  { method: 'POST', path: NEW_PATH, access: 'editor', handle: (visit) => createNew(admin, visit) },
];

/** `?term=&page=`: JSON for programs, the combobox's options for htmx. */
async function answerTerm(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { query, isFragment, m, user } = visit;
  const term = query.get('term') ?? '';
  const page = parsePageNumber(query.get('page'));
  const { results, more } = await findChoices(admin, { term, page, language: m.language });
  if (isFragment) {
    const creatable = mayUse(user?.role ?? 'none', 'editor') ? allowedTypes(admin) : [];
    const named = creatable.map((type) => ({ type: type.type, name: wordsOf(type, m.language).name }));
    return { html: ChoiceOptions({ m, term, page, results, more, creatable: named }) };
  }
  return {
    json: { results: results.map(({ value, text, type }) => ({ id: value, text, type })), pagination: { more } },
  };
}

/** `?title=`: an empty form but for the title. */
function showNew(admin: AdminContext, visit: AdminRequest): Reply {
  const type = findAllowedType(admin, visit);
  return newContentReply(visit, type, { title: visit.query.get('title') ?? '' });
}

async function createNew(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const type = findAllowedType(admin, visit);
  const { form, m, actor, isFragment } = visit;
  const fields = editableFields(type);
  const input = Object.fromEntries(Object.keys(fields).map((name) => [name, form.get(name) ?? '']));
  const validated = validate(fields, input);
  if ('refusals' in validated) {
    const problems = Object.entries(validated.refusals).map(([name, refusal]) => [name, [sayRefusal(m, refusal)]]);
    return newContentReply(visit, type, input, Object.fromEntries(problems));
  }
  const id = await admin.database.tx((tx) => createContent(tx, actor, type, validated.values));
  admin.cache.clear();
  if (!isFragment) return { redirect: `/admin/contents/${type.type}/` };
  const value = formatReference({ label: type.label, id });
  return { html: CreatedContent({ value, id: String(id), type: type.type, text: validated.values.title ?? '' }) };
}

function newContentReply(
  { chrome, m, isFragment }: AdminRequest,
  type: ContentType,
  input: Readonly<Record<string, string>>,
  problems: Readonly<Record<string, readonly string[]>> = {},
): Reply {
  const fields = Object.entries(editableFields(type)).map(([name, { control }]): NewContentField => {
    const words = wordsOfField(m, type, name);
    return { name, ...words, control, value: input[name] ?? '', problems: problems[name] ?? [] };
  });
  const props = { chrome, type: type.type, typeName: wordsOf(type, m.language).name, fields };
  const html = isFragment ? NewContentForm(props) : NewContentPage(props);
  return { html, status: Object.keys(problems).length === 0 ? 200 : 422 };
}

function wordsOfField(m: Messages, type: ContentType, name: string): { label: string; help: string } {
  if (name === 'title') return m.fields.title;
  return wordsOf(type, m.language).fields[name] ?? { label: name, help: '' };
}

/** Types that pages may be given, in registry order. */
function allowedTypes({ config }: AdminContext): readonly ContentType[] {
  return contentTypes.filter(({ label }) => config.allowedContentModels.includes(label));
}

/** The type an address names. @throws AppError `not_found` for one that is unknown or not allowed */
function findAllowedType(admin: AdminContext, { params }: AdminRequest): ContentType {
  const type = allowedTypes(admin).find((known) => known.type === params.type);
  if (type === undefined) throw new AppError('not_found', 'no such content type');
  return type;
}
