import { type SQL, sql } from 'drizzle-orm';
import type { Connection, Row } from '../db/connection.ts';
import { toBoolean, toInteger, toText } from '../db/rows.ts';
import { lockForEditing } from '../db/sql.ts';
import { AppError } from '../errors.ts';
import { type Actor, differences, type HistoryValues, recordHistory } from './history.ts';
import { findViewerGroup, groupsFor, groupsOf, type Role, toUser, type User } from './roles.ts';
import { removeSessionsOf } from './sessions.ts';
import { forgetFailures } from './throttle.ts';

/** Characters Django allows a user name. */
export const USERNAME_CHARACTERS_MAX = 150;
export const EMAIL_CHARACTERS_MAX = 254;
/** What history calls a user. */
export const USER_LABEL = 'auth.user';

export interface UserCredentials {
  readonly id: number;
  readonly username: string;
  /** The password's hash, in argon2id's or one of Django's forms. */
  readonly password: string;
}

/** Why a name can be no user's: one sentence, and which one it is where others say it too. */
export interface UsernameProblem {
  readonly key: 'empty' | 'too_long' | 'characters';
  readonly sentence: string;
}

/** What is wrong with a user name, or undefined. The rule is Django's. */
export function usernameProblem(username: string): UsernameProblem | undefined {
  if (username === '') return { key: 'empty', sentence: 'the user name is empty' };
  if ([...username].length > USERNAME_CHARACTERS_MAX)
    return { key: 'too_long', sentence: `the user name has more than ${USERNAME_CHARACTERS_MAX} characters` };
  if (!/^[\p{L}\p{N}_.@+-]+$/u.test(username))
    return { key: 'characters', sentence: 'a user name has letters, digits and @ . + - _ only' };
  return undefined;
}

/** True for an email address as far as its form tells, and for none at all. */
export function isEmail(text: string): boolean {
  if (text === '') return true;
  return text.length <= EMAIL_CHARACTERS_MAX && text.isWellFormed() && /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(text);
}

/** The user of this name, or undefined. Names are case-sensitive, as in Django. */
export async function findUser(connection: Connection, username: string): Promise<UserCredentials | undefined> {
  const { user } = connection.tables;
  const [row] = await connection.rows(sql`
    select ${user.id} as id, ${user.username} as username, ${user.password} as password
    from ${user} where ${user.username} = ${username}`);
  return row && { id: toInteger(row.id), username: toText(row.username), password: toText(row.password) };
}

/**
 * The password hash of some user, the same one for the same number; '' when there are no users. What is typed for a name
 * that is nobody's is compared with it, so that it takes as long as for a name that is somebody's, whatever their hashes.
 */
export async function findDecoyHash(connection: Connection, number: number): Promise<string> {
  const { user } = connection.tables;
  const [row] = await connection.rows(sql`
    select password from ${user} order by id
    limit 1 offset ${number} % (select case count(*) when 0 then 1 else count(*) end from ${user})`);
  return row === undefined ? '' : toText(row.password);
}

/** The user with this id, or undefined. */
export async function findUserById(connection: Connection, id: number): Promise<User | undefined> {
  const [user] = await readUsers(connection, sql`where u.id = ${id}`);
  return user;
}

/** Every user, by name. There are as many as people work here. */
export function listUsers(connection: Connection): Promise<User[]> {
  return readUsers(connection, sql`order by u.username`);
}

/** True when somebody may manage users. */
export async function hasActiveAdmin(connection: Connection): Promise<boolean> {
  return (await listUsers(connection)).some((user) => user.role === 'admin' && user.isActive);
}

async function readUsers(connection: Connection, rest: SQL): Promise<User[]> {
  const { user } = connection.tables;
  const viewers = await findViewerGroup(connection);
  const rows = await connection.rows(sql`select u.* from ${user} u ${rest}`);
  return rows.map((row) => toUser(row, viewers));
}

/** What history keeps of a user; never the password. */
export function userValues({
  username,
  email,
  role,
  isActive,
}: Omit<User, 'id' | 'language' | 'lastLogin' | 'joined'>): HistoryValues {
  return { username, email, role, is_active: isActive };
}

/** Names what an edit of a user starts from; another edit in between changes it. */
export function versionOf(user: User): string {
  return new Bun.CryptoHasher('sha256')
    .update(JSON.stringify(userValues(user)))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Locks all admins, in one order, so that two of them cannot each take the other's rights at the same moment.
 * @returns their rows and that of the user `id`
 * @throws AppError `forbidden` when who acts was an admin of the hub and is none any more
 */
export async function lockAdmins(tx: Connection, by: Actor, id = 0): Promise<Row[]> {
  const { user } = tx.tables;
  const rows = await tx.rows(sql`
    select * from ${user} where id = ${id} or is_superuser = ${sql.param(true, user.is_superuser)}
    order by id ${lockForEditing(tx.dialect)}`);
  const isAdmin = rows.some((row) => toInteger(row.id) === by.id && isActiveAdmin(row));
  if (by.via === 'admin' && !isAdmin) throw new AppError('forbidden', 'only an admin may do this');
  return rows;
}

function isActiveAdmin(row: Row): boolean {
  return toBoolean(row.is_superuser) && toBoolean(row.is_active);
}

/**
 * Stores a user and returns its id.
 * @param input `passwordHash` of `hashPassword`
 * @throws AppError `conflict` at `username` when the name is taken, `forbidden` when the actor is no admin any more
 */
export async function createUser(
  tx: Connection,
  actor: Actor,
  input: { readonly username: string; readonly email: string; readonly passwordHash: string; readonly role: Role },
): Promise<number> {
  const { user } = tx.tables;
  const { username, email, passwordHash, role } = input;
  await lockAdmins(tx, actor);
  const flag = (value: boolean) => sql.param(value, user.is_staff);
  const [row] = await tx.rows(sql`
    insert into ${user} (username, email, password, is_superuser, is_staff, is_active, date_joined, groups)
    values (${username}, ${email}, ${passwordHash}, ${flag(role === 'admin')}, ${flag(true)}, ${flag(true)},
      ${sql.param(new Date(), user.date_joined)}, ${await groupsFor(tx, role, [])})
    returning id`);
  const id = toInteger(row?.id);
  const after = userValues({ username, email, role, isActive: true });
  await recordHistory(tx, actor, [{ action: 'create', label: USER_LABEL, id, title: username, after }]);
  return id;
}

/** What an edit of a user sets. */
export interface UserEdit {
  readonly email: string;
  readonly role: Role | 'none';
  readonly isActive: boolean;
  /** `versionOf` the user that was edited; without one the edit is made whatever happened in between. */
  readonly version?: string;
}

/**
 * Changes what a user may do, and whether at all; takes effect with the user's next request. Who may not come in any
 * more loses sessions and reset links. Who is no admin any more may have made links for others and kept them: all end.
 * @throws AppError `not_found`; `forbidden` when the actor is no admin any more; `conflict` when no active admin would
 * be left, or at `version` when the user was changed in between
 */
export async function updateUser(tx: Connection, actor: Actor, id: number, edit: UserEdit): Promise<void> {
  const { user, resetLink } = tx.tables;
  const rows = await lockAdmins(tx, actor, id);
  const row = rows.find((candidate) => toInteger(candidate.id) === id);
  if (row === undefined) throw new AppError('not_found', `there is no user ${id}`);
  const old = toUser(row, await findViewerGroup(tx));
  if (edit.version !== undefined && edit.version !== versionOf(old)) {
    const sentence = 'the user was changed in between';
    throw new AppError('conflict', sentence, { fields: { version: [sentence] } });
  }
  const staysAdmin = edit.role === 'admin' && edit.isActive;
  const hasOther = rows.some((other) => toInteger(other.id) !== id && isActiveAdmin(other));
  if (isActiveAdmin(row) && !staysAdmin && !hasOther) {
    throw new AppError('conflict', 'somebody has to be an active admin');
  }
  const flag = (value: boolean) => sql.param(value, user.is_staff);
  await tx.rows(sql`
    update ${user} set email = ${edit.email}, is_superuser = ${flag(edit.role === 'admin')},
      is_staff = ${flag(edit.role !== 'none')}, is_active = ${flag(edit.isActive)},
      groups = ${await groupsFor(tx, edit.role, groupsOf(row))}
    where id = ${id}`);
  if (!edit.isActive || edit.role === 'none') {
    await removeSessionsOf(tx, id);
    await tx.rows(sql`delete from ${resetLink} where user_id = ${id}`);
  }
  if (isActiveAdmin(row) && !staysAdmin) await tx.rows(sql`delete from ${resetLink}`);
  const { email, role, isActive } = edit;
  const difference = differences(userValues(old), userValues({ ...old, email, role, isActive }));
  if (difference === undefined) return;
  await recordHistory(tx, actor, [{ action: 'update', label: USER_LABEL, id, title: old.username, ...difference }]);
}

/**
 * Replaces a user's password hash, ends the user's sessions and reset links, and forgets failed logins of the account.
 * @param keptSession the token hash of the session that stays
 * @throws AppError `not_found`
 */
export async function setPassword(
  tx: Connection,
  actor: Actor,
  username: string,
  passwordHash: string,
  keptSession?: string,
): Promise<void> {
  const { user, resetLink } = tx.tables;
  const [row] = await tx.rows(sql`
    update ${user} set password = ${passwordHash} where ${user.username} = ${username} returning id`);
  if (row === undefined) throw new AppError('not_found', `there is no user ${username}`);
  const id = toInteger(row.id);
  await removeSessionsOf(tx, id, keptSession);
  await tx.rows(sql`delete from ${resetLink} where user_id = ${id}`);
  await forgetFailures(tx, username);
  await recordHistory(tx, actor, [{ action: 'password', label: USER_LABEL, id, title: username }]);
}

/** Replaces a hash by a stronger one of the same password; not a change of the password, so sessions go on. */
export async function upgradePassword(tx: Connection, id: number, from: string, to: string): Promise<void> {
  const { user } = tx.tables;
  await tx.rows(sql`update ${user} set password = ${to} where id = ${id} and password = ${from}`);
}

/**
 * Writes down that a user has just logged in, in the transaction that begins the session.
 * @param passwordHash the hash that the password was compared with
 * @returns false when it was changed or the user disabled meanwhile: then no session may begin
 */
export async function noteLogin(tx: Connection, id: number, passwordHash: string): Promise<boolean> {
  const { user } = tx.tables;
  const rows = await tx.rows(sql`
    update ${user} set last_login = ${sql.param(new Date(), user.last_login)}
    where id = ${id} and password = ${passwordHash} and is_active = ${sql.param(true, user.is_active)} returning id`);
  return rows.length > 0;
}

/** Sets the language the admin speaks to a user; '' for what the browser asks for. */
export async function setLanguage(tx: Connection, id: number, language: string): Promise<void> {
  await tx.rows(sql`update ${tx.tables.user} set language = ${language} where id = ${id}`);
}
