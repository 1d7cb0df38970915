import { type SQL, sql } from 'drizzle-orm';
import type { Connection } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { lockForEditing } from '../db/sql.ts';
import { AppError } from '../errors.ts';
import { type Actor, differences, type HistoryValues, recordHistory } from './history.ts';
import { findViewerGroup, groupsFor, groupsOf, type Role, toUser, type User } from './roles.ts';
import { removeSessionsOf } from './sessions.ts';

/** Characters Django allows a user name. */
export const USERNAME_CHARACTERS_MAX = 150;
/** What history calls a user. */
export const USER_LABEL = 'auth.user';
export interface UserCredentials {
  readonly id: number;
  readonly username: string;
  /** The password's hash, in argon2id's or one of Django's forms. */
  readonly password: string;
}

/** The sentence about a user name that cannot be one, or undefined. The rule is Django's. */
export function usernameProblem(username: string): string | undefined {
  if (username === '') return 'the user name is empty';
  if ([...username].length > USERNAME_CHARACTERS_MAX)
    return `the user name has more than ${USERNAME_CHARACTERS_MAX} characters`;
  if (!/^[\p{L}\p{N}_.@+-]+$/u.test(username)) return 'a user name has letters, digits and @ . + - _ only';
  return undefined;
}

/** The user of this name, or undefined. Names are case-sensitive, as in Django. */
export async function findUser(connection: Connection, username: string): Promise<UserCredentials | undefined> {
  const { user } = connection.tables;
  const [row] = await connection.rows(sql`
    select ${user.id} as id, ${user.username} as username, ${user.password} as password
    from ${user} where ${user.username} = ${username}`);
  return row && { id: toInteger(row.id), username: toText(row.username), password: toText(row.password) };
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

async function readUsers(connection: Connection, rest: SQL): Promise<User[]> {
  const { user } = connection.tables;
  const viewers = await findViewerGroup(connection);
  const rows = await connection.rows(sql`select u.* from ${user} u ${rest}`);
  return rows.map((row) => toUser(row, viewers));
}

/** What history keeps of a user; never the password. */
function userValues({
  username,
  email,
  role,
  isActive,
}: Omit<User, 'id' | 'language' | 'lastLogin' | 'joined'>): HistoryValues {
  return { username, email, role, is_active: isActive };
}

/**
 * Stores a user and returns its id.
 * @param input `passwordHash` of `hashPassword`
 * @throws AppError `conflict` at `username` when the name is taken
 */
export async function createUser(
  tx: Connection,
  actor: Actor,
  input: { readonly username: string; readonly email: string; readonly passwordHash: string; readonly role: Role },
): Promise<number> {
  const { user } = tx.tables;
  const { username, email, passwordHash, role } = input;
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

/**
 * Changes what a user may do, and whether at all; takes effect with the user's next request.
 * @throws AppError `not_found`, or `conflict` when no active admin would be left
 */
export async function updateUser(
  tx: Connection,
  actor: Actor,
  id: number,
  input: { readonly email: string; readonly role: Role; readonly isActive: boolean },
): Promise<void> {
  const { user } = tx.tables;
  // Admins are locked in one order, so that two of them cannot each take the other's rights at the same moment.
  const rows = await tx.rows(sql`
    select * from ${user} where id = ${id} or is_superuser = ${sql.param(true, user.is_superuser)}
    order by id ${lockForEditing(tx.dialect)}`);
  const viewers = await findViewerGroup(tx);
  const row = rows.find((candidate) => toInteger(candidate.id) === id);
  if (row === undefined) throw new AppError('not_found', `there is no user ${id}`);
  const old = toUser(row, viewers);
  const isAdmin = input.role === 'admin' && input.isActive;
  const others = rows.map((other) => toUser(other, viewers)).filter((other) => other.id !== id);
  if (
    old.role === 'admin' &&
    old.isActive &&
    !isAdmin &&
    !others.some((other) => other.role === 'admin' && other.isActive)
  ) {
    throw new AppError('conflict', 'somebody has to be an active admin');
  }
  const flag = (value: boolean) => sql.param(value, user.is_staff);
  await tx.rows(sql`
    update ${user} set email = ${input.email}, is_superuser = ${flag(input.role === 'admin')}, is_staff = ${flag(true)},
      is_active = ${flag(input.isActive)}, groups = ${await groupsFor(tx, input.role, groupsOf(row))}
    where id = ${id}`);
  if (!input.isActive) await removeSessionsOf(tx, id);
  const difference = differences(userValues(old), userValues({ ...old, ...input }));
  if (difference === undefined) return;
  await recordHistory(tx, actor, [{ action: 'update', label: USER_LABEL, id, title: old.username, ...difference }]);
}

/**
 * Replaces a user's password hash and ends the user's sessions.
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
  await recordHistory(tx, actor, [{ action: 'password', label: USER_LABEL, id, title: username }]);
}

/** Replaces a hash by a stronger one of the same password; not a change of the password, so sessions go on. */
export async function upgradePassword(tx: Connection, id: number, from: string, to: string): Promise<void> {
  const { user } = tx.tables;
  await tx.rows(sql`update ${user} set password = ${to} where id = ${id} and password = ${from}`);
}

/** Writes down that a user has just logged in. */
export async function noteLogin(tx: Connection, id: number): Promise<void> {
  const { user } = tx.tables;
  await tx.rows(sql`update ${user} set last_login = ${sql.param(new Date(), user.last_login)} where id = ${id}`);
}

/** Sets the language the admin speaks to a user; '' for what the browser asks for. */
export async function setLanguage(tx: Connection, id: number, language: string): Promise<void> {
  await tx.rows(sql`update ${tx.tables.user} set language = ${language} where id = ${id}`);
}
