import type { FieldKind } from './fields/kind.ts';

/** The largest id and counter that JSON numbers, JavaScript and both databases hold exactly. */
export const INTEGER_MAX = Number.MAX_SAFE_INTEGER;
/** Characters (code points) a title may have, for pages and for every content. */
export const TITLE_CHARACTERS_MAX = 255;

/**
 * A content type: everything the program knows about one kind of content. Tables, API shape, OpenAPI branch, fixture
 * model, search and counter are made from it; nothing else in the program names a type.
 */
export interface ContentType {
  /** `app.model` as Django writes it (`pages.videocontent`): the name in links, fixtures, queues and history. */
  readonly label: string;
  /** The `type` the API says (`video`). */
  readonly type: string;
  /** The label with `_` for `.`: `pages_videocontent`. */
  readonly table: string;
  /** For people, in the singular and plural: `video`, `videos`. */
  readonly name: string;
  readonly namePlural: string;
  /** The OpenAPI component: `VideoContent`. */
  readonly component: string;
  /** The same words in other languages the admin speaks, by language code; without them it says the English ones. */
  readonly translations?: Readonly<Record<string, ContentWords>>;
  /** The type's own fields, in the order of the API answer, forms and fixtures; `title` and `counter` come before them. */
  readonly fields: Readonly<Record<string, FieldKind>>;
  /** What the admin can show of a content beside its form, when asked to. */
  readonly preview?: ContentPreview;
}

/** A film, by the names of the fields that hold the address of its file and of its subtitles. */
export interface ContentPreview {
  readonly kind: 'video';
  readonly file: string;
  readonly subtitles: string;
}

/** What a type and its fields are called in one language. */
export interface ContentWords {
  readonly name: string;
  readonly namePlural: string;
  readonly fields: Readonly<Record<string, { readonly label: string; readonly help: string }>>;
}

/** The words of a type in a language, English where it has none. */
export function wordsOf(type: ContentType, language: string): ContentWords {
  const fields = Object.entries(type.fields).map(([name, { label, help }]) => [name, { label, help }]);
  const { name, namePlural } = type;
  return type.translations?.[language] ?? { name, namePlural, fields: Object.fromEntries(fields) };
}

/** What a type's file says; the rest of `ContentType` follows from it. */
export type ContentDefinition = Omit<ContentType, 'table' | 'component'>;

const LABEL = /^[a-z][a-z0-9]*\.[a-z][a-z0-9_]*$/;
const NAME = /^[a-z][a-z0-9_]*$/;
const LABEL_CHARACTERS_MAX = 100;
const RESERVED_FIELDS = new Set(['csrf_token', 'id', 'type', 'title', 'counter', 'version', 'updated_at']);

/**
 * Makes a content type of its definition.
 * @throws Error when the definition cannot work (a bad label, a reserved field name): a programming error, seen at start.
 */
export function defineContent(definition: ContentDefinition): ContentType {
  const { label, type, fields, preview } = definition;
  if (!LABEL.test(label) || label.length > LABEL_CHARACTERS_MAX) {
    throw new Error(
      `content type ${label}: a label is "app.model" in lower case, at most ${LABEL_CHARACTERS_MAX} long`,
    );
  }
  if (!NAME.test(type)) throw new Error(`content type ${label}: type "${type}" is not a lower-case name`);
  for (const field of Object.keys(fields)) {
    if (!NAME.test(field) || RESERVED_FIELDS.has(field)) {
      throw new Error(`content type ${label}: "${field}" cannot be the name of a field`);
    }
  }
  for (const field of preview === undefined ? [] : [preview.file, preview.subtitles]) {
    if (!Object.hasOwn(fields, field)) throw new Error(`content type ${label}: its preview names no field "${field}"`);
  }
  const component = `${type.replaceAll(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}Content`;
  return { ...definition, table: label.replaceAll('.', '_'), component };
}
