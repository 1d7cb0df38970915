/** Bringing an object back to what it was after an entry of its history: looked at first, then a change like any other. */
import { RestorePage } from '../../../views/restore.tsx';
import type { Connection } from '../../db/connection.ts';
import { AppError } from '../../errors.ts';
import { findHistoryEntry, type HistoryEntry, listHistory } from '../../store/history.ts';
import { parseReference } from '../../store/pages.ts';
import { findValuesAfter } from '../../store/rebuild.ts';
import { describeChanges, nameReferences } from './history_changes.ts';
import { fieldName } from './history_names.ts';
import { attemptSave } from './page_saving.ts';
import { sayRefusal } from './refusals.ts';
import { type CheckedVersion, type Restorable, type StoredVersion, subjectOf } from './restorable.ts';
import { type AdminContext, type AdminRequest, parseId, type Reply, type Screen } from './screen.ts';

const PATHS = ['/admin/pages/:id/history/:entry/restore/', '/admin/contents/:type/:id/history/:entry/restore/'];
/** Contents that are gone and named by the title they had. */
const MISSING_NAMED_MAX = 20;

export const restoreScreen: Screen = (admin) =>
  PATHS.flatMap((path) => [
    { method: 'GET', path, access: 'editor', handle: (visit) => preview(admin, visit) },
    { method: 'POST', path, access: 'editor', handle: (visit) => restore(admin, visit) },
  ]);

/** What restoring would do, as things are now. */
interface Plan {
  readonly entry: HistoryEntry;
  readonly stored: StoredVersion | undefined;
  readonly checked: CheckedVersion;
}

/** @throws AppError `not_found` for an entry that is none of this object, or holds no version of it */
async function plan(connection: Connection, subject: Restorable, { params }: AdminRequest): Promise<Plan> {
  const entry = await findHistoryEntry(connection, parseId(params.entry) ?? 0);
  const isOwn = entry?.label === subject.label && entry.id === subject.id;
  if (entry === undefined || !isOwn || !['create', 'update', 'delete'].includes(entry.action)) {
    throw new AppError('not_found', 'no such version');
  }
  const stored = await subject.find(connection);
  const values = await findValuesAfter(connection, entry, stored?.values);
  return { entry, stored, checked: await subject.check(connection, values, stored) };
}

function preview(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  return previewReply(admin, visit, '', 200);
}

async function restore(admin: AdminContext, visit: AdminRequest): Promise<Reply> {
  const { form, actor, m } = visit;
  const subject = subjectOf(admin, visit);
  const seen = parseId(form.get('version')) ?? 0;
  const leftOut = Number(form.get('leave_out') ?? 0);
  const outcome = await attemptSave(
    admin.database.tx(async (tx) => {
      const { entry, stored, checked } = await plan(tx, subject, visit);
      if ((stored?.version ?? 0) !== seen) throw new AppError('conflict', 'it was changed since the preview');
      if (Object.keys(checked.refusals).length > 0) throw new AppError('invalid', 'it cannot be stored as it was');
      // More than the preview named may be gone by now.
      if (checked.missing.length > leftOut) return undefined;
      if (stored === undefined) return { entry, checked, id: await subject.create(tx, actor, checked.values) };
      await subject.update(tx, actor, stored.version, checked.values);
      return { entry, checked, id: subject.id };
    }),
  );
  if (outcome === 'not_found') throw new AppError('not_found', 'no such version');
  if (outcome === 'conflict') return previewReply(admin, visit, m.history.restore.stale, 409);
  if (outcome === 'invalid') return previewReply(admin, visit, '', 422);
  if (outcome.stored === undefined) return previewReply(admin, visit, m.history.restore.leaveOutFirst, 422);
  const { entry, checked, id } = outcome.stored;
  admin.cache.clear();
  const { done, doneAnew } = m.history.restore;
  const title = String(checked.values.title);
  const text = id === subject.id ? done(title, m.time(entry.at)) : doneAnew(title, String(id));
  return { redirect: subject.pathOf(id), flash: { kind: 'success', text } };
}

/** What would change. @param problem said above it, '' for none */
async function previewReply(admin: AdminContext, visit: AdminRequest, problem: string, status: number): Promise<Reply> {
  const { chrome, m } = visit;
  const subject = subjectOf(admin, visit);
  return admin.database.snapshot(async (connection) => {
    const { entry, stored, checked } = await plan(connection, subject, visit);
    const address = `${subject.path}history/${entry.entry}/restore/`;
    const before = stored?.values;
    const pair = { label: subject.label, ...changed(before, checked.values), href: address };
    const [changes = []] = await describeChanges(connection, m, [pair]);
    const refusals = Object.entries(checked.refusals).map(
      ([name, refusal]) => `${fieldName(m, subject.label, name)}: ${sayRefusal(m, refusal)}`,
    );
    const html = RestorePage({
      ...{ chrome, action: address, historyPath: `${subject.path}history/`, problem, refusals },
      ...{ section: subject.section, parent: subject.parent, path: stored && subject.path, changes },
      title: stored?.title ?? entry.title,
      entry: { at: entry.at, by: entry.actor.name },
      version: stored?.version,
      missing: await nameMissing(connection, visit, checked.missing),
      missingMore: Math.max(0, checked.missing.length - MISSING_NAMED_MAX),
    });
    return { html, status };
  });
}

/** The values that differ, or all of an object that is gone. */
function changed(before: StoredVersion['values'] | undefined, after: CheckedVersion['values']) {
  if (before === undefined) return { before: undefined, after };
  const names = Object.keys(after).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  const pick = (values: CheckedVersion['values']) =>
    Object.fromEntries(names.map((name) => [name, values[name] ?? '']));
  return { before: pick(before), after: pick(after) };
}

/** Contents that are gone, by the last title that history has of them. */
async function nameMissing(connection: Connection, { m }: AdminRequest, values: readonly string[]): Promise<string[]> {
  const named = values.slice(0, MISSING_NAMED_MAX);
  const name = await nameReferences(connection, m, named);
  return Promise.all(
    named.map(async (value) => {
      const { text, href } = name(value);
      const reference = href === undefined ? parseReference(value) : undefined;
      if (reference === undefined) return text;
      const [last] = await listHistory(connection, { ...reference, limit: 1 });
      return last === undefined ? text : `${last.title} (${text})`;
    }),
  );
}
