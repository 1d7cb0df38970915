/** What can be brought back to an earlier version: a page, or a content of any type. Each knows how it is checked and stored. */
import type { Section } from '../../../views/parts/chrome.ts';
import type { ContentType } from '../../contents/content.ts';
import type { Refusal } from '../../contents/fields/kind.ts';
import { pageFields } from '../../contents/page.ts';
import { editableFields, validate } from '../../contents/validate.ts';
import type { Connection } from '../../db/connection.ts';
import type { Messages } from '../../messages/index.ts';
import { contentValues, createContent, findContent, updateContent } from '../../store/contents.ts';
import type { Actor, HistoryValues } from '../../store/history.ts';
import { isList } from '../../store/history_json.ts';
import { createPage, findPage, PAGE_LABEL, pageValues, parseReference, updatePage } from '../../store/pages.ts';
import { contentPath, idOf, listPath, sectionOf, typeOf } from './content_type.ts';
import { checkContents, type TooMany } from './page_check.ts';
import { newRow, referencesOf } from './page_input.ts';
import { PAGES_PATH, pageIdOf, pagePath } from './pages.ts';
import type { AdminContext, AdminRequest } from './screen.ts';

/** An object as it is. */
export interface StoredVersion {
  readonly title: string;
  readonly version: number;
  readonly values: HistoryValues;
}

/** An earlier version, checked as any save. */
export interface CheckedVersion {
  /** What would be stored: of a page without the contents that cannot be on it any more. */
  readonly values: HistoryValues;
  /** Those contents. */
  readonly missing: readonly string[];
  /** Why the values cannot be stored, by field; empty when they can. */
  readonly refusals: Readonly<Record<string, Refusal>>;
}

export interface Restorable {
  readonly label: string;
  readonly id: number;
  /** The address of its form, or of where it was. */
  readonly path: string;
  readonly section: Section;
  /** The list it stands in. */
  readonly parent: { readonly href: string; readonly text: string };
  find(connection: Connection): Promise<StoredVersion | undefined>;
  check(connection: Connection, values: HistoryValues, stored: StoredVersion | undefined): Promise<CheckedVersion>;
  /** @throws AppError as the stores of pages and contents */
  update(tx: Connection, actor: Actor, version: number, values: HistoryValues): Promise<void>;
  create(tx: Connection, actor: Actor, values: HistoryValues): Promise<number>;
  pathOf(id: number): string;
}

/** The page or content that an address names, whether it exists or not. @throws AppError `not_found` for what can be none */
export function subjectOf(admin: AdminContext, visit: AdminRequest): Restorable {
  return visit.params.type === undefined ? pageSubject(admin, visit) : contentSubject(visit);
}

function pageSubject({ config }: AdminContext, visit: AdminRequest): Restorable {
  const id = pageIdOf(visit);
  return {
    ...{ label: PAGE_LABEL, id, path: pagePath(id), section: 'pages', pathOf: pagePath },
    parent: { href: PAGES_PATH, text: visit.m.frame.pages },
    async find(connection) {
      const page = await findPage(connection, id);
      return page && { title: page.title, version: page.version, values: pageValues(page) };
    },
    async check(connection, values, stored) {
      const rows = contentsOf(values).map(newRow);
      const allowed = {
        models: config.allowedContentModels,
        present: referencesOf(contentsOf(stored?.values).map(newRow)),
      };
      const { rows: problems, tooMany } = await checkContents(connection, rows, allowed);
      const validated = validate(pageFields, values);
      return {
        values: { ...values, contents: contentsOf(values).filter((_, index) => !problems.has(index)) },
        missing: contentsOf(values).filter((_, index) => problems.has(index)),
        refusals: {
          ...('refusals' in validated ? validated.refusals : {}),
          ...(tooMany === undefined ? {} : { contents: { refused: sayTooMany(visit.m, tooMany) } }),
        },
      };
    },
    update: (tx, actor, version, values) => updatePage(tx, actor, id, version, values, referencesIn(values)),
    create: (tx, actor, values) => createPage(tx, actor, values, referencesIn(values)),
  };
}

function sayTooMany(m: Messages, { max, sent }: TooMany): string {
  return m.pages.problems.tooMany(m.number(max), m.number(sent));
}

function contentsOf(values: HistoryValues | undefined): readonly string[] {
  const contents = values?.contents;
  return isList(contents) ? contents : [];
}

function referencesIn(values: HistoryValues) {
  return contentsOf(values).flatMap((value) => parseReference(value) ?? []);
}

function contentSubject(visit: AdminRequest): Restorable {
  const type = typeOf(visit);
  const id = idOf(visit);
  const { type: name, namePlural } = sectionOf(type, visit.m.language);
  return {
    ...{ label: type.label, id, path: contentPath(type, id), section: `contents/${name}` },
    parent: { href: listPath(type), text: namePlural },
    pathOf: (other) => contentPath(type, other),
    async find(connection) {
      const content = await findContent(connection, type, id);
      return content && { title: content.title, version: content.version, values: contentValues(content) };
    },
    async check(_, values) {
      const validated = validate(editableFields(type), values);
      return {
        values: ownValues(type, values),
        missing: [],
        refusals: 'refusals' in validated ? validated.refusals : {},
      };
    },
    update: (tx, actor, version, values) => updateContent(tx, actor, type, id, version, values),
    create: (tx, actor, values) => createContent(tx, actor, type, values),
  };
}

/** Without the fields that the type had once. */
function ownValues(type: ContentType, values: HistoryValues): HistoryValues {
  const own = Object.keys(editableFields(type));
  return Object.fromEntries(Object.entries(values).filter(([name]) => own.includes(name)));
}
