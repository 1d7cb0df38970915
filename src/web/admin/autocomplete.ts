/** The chooser's answers: what can be chosen, and the form of a new content beside it. */
import { CreatedContent, NewContentForm, NewContentPage } from '../../../views/new_content.tsx';
import { ChoiceOptions } from '../../../views/parts/combobox.tsx';
import { type ContentType, wordsOf } from '../../contents/content.ts';
import type { Refusal } from '../../contents/fields/kind.ts';
import { contentTypes } from '../../contents/index.ts';
import { editableFields, validate } from '../../contents/validate.ts';
import { AppError } from '../../errors.ts';
import { createContent } from '../../store/contents.ts';
import { formatReference } from '../../store/pages.ts';
import { findChoices, parsePageNumber } from './choices.ts';
import { type ContentInput, describeFields, readInput } from './content_fields.ts';
import { contentPath, typeOf } from './content_type.ts';
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
  const { form, actor, isFragment } = visit;
  const input = readInput(type, form);
  const validated = validate(editableFields(type), input);
  if ('refusals' in validated) return newContentReply(visit, type, input, validated.refusals);
  const id = await admin.database.tx((tx) => createContent(tx, actor, type, validated.values));
  admin.cache.clear();
  if (!isFragment) return { redirect: contentPath(type, id) };
  const value = formatReference({ label: type.label, id });
  return { html: CreatedContent({ value, id: String(id), type: type.type, text: validated.values.title ?? '' }) };
}

function newContentReply(
  { chrome, m, isFragment }: AdminRequest,
  type: ContentType,
  input: ContentInput,
  refusals: Readonly<Record<string, Refusal>> = {},
): Reply {
  const fields = describeFields(m, type, input, refusals);
  const props = { chrome, type: type.type, typeName: wordsOf(type, m.language).name, fields };
  const html = isFragment ? NewContentForm(props) : NewContentPage(props);
  return { html, status: Object.keys(refusals).length === 0 ? 200 : 422 };
}

/** Types that pages may be given, in registry order. */
function allowedTypes({ config }: AdminContext): readonly ContentType[] {
  return contentTypes.filter(({ label }) => config.allowedContentModels.includes(label));
}

/** The type an address names. @throws AppError `not_found` for one that is unknown or not allowed */
function findAllowedType(admin: AdminContext, visit: AdminRequest): ContentType {
  const type = typeOf(visit);
  if (!allowedTypes(admin).includes(type)) throw new AppError('not_found', 'pages are given no such content');
  return type;
}
