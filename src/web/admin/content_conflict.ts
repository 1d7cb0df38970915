import { ContentConflictPage } from '../../../views/content_conflict.tsx';
import type { ConflictField } from '../../../views/parts/conflict_field.ts';
import type { ContentType } from '../../contents/content.ts';
import { editableFields } from '../../contents/validate.ts';
import { contentValues, findContent } from '../../store/contents.ts';
import type { HistoryValues } from '../../store/history.ts';
import { findEarlierVersion } from '../../store/versions.ts';
import { type ContentInput, wordsOfField } from './content_fields.ts';
import { sectionOf } from './content_type.ts';
import type { AdminContext, AdminRequest, Reply } from './screen.ts';

interface LateSave {
  readonly id: number;
  /** The version the editor began with. */
  readonly version: number;
  readonly input: ContentInput;
}

/** The page for a save that came too late; undefined when what is stored is what was to be saved. */
export async function showConflict(
  { database }: AdminContext,
  { chrome, m }: AdminRequest,
  type: ContentType,
  { id, version, input }: LateSave,
): Promise<Reply | undefined> {
  const { content, earlier } = await database.snapshot(async (connection) => {
    const stored = await findContent(connection, type, id);
    const values = stored === undefined ? {} : contentValues(stored);
    const edits = (stored?.version ?? version) - version;
    return { content: stored, earlier: await findEarlierVersion(connection, { label: type.label, id }, values, edits) };
  });
  const theirs: HistoryValues = content === undefined ? {} : contentValues(content);
  const fields = Object.keys(editableFields(type)).map((name): ConflictField => {
    const { label } = wordsOfField(m, type, name);
    const base = earlier.values?.[name];
    return {
      ...{ name, label, mine: input[name] ?? '', theirs: String(theirs[name] ?? '') },
      base: base === undefined ? undefined : String(base),
    };
  });
  if (content === undefined || fields.every(({ mine, theirs: other }) => mine === other)) return undefined;
  const saved = earlier.last && { by: earlier.last.actor.name, at: earlier.last.at };
  const html = ContentConflictPage({ chrome, section: sectionOf(type, m.language), content, fields, saved });
  return { html, status: 409 };
}
