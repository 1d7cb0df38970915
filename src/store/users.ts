import { sql } from 'drizzle-orm';
import type { Connection } from '../db/connection.ts';
import { toInteger, toText } from '../db/rows.ts';
import { AppError } from '../errors.ts';

/** Characters Django allows a user name. */
export const USERNAME_CHARACTERS_MAX = 150;

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

/**
 * Stores a superuser and returns its id.
 * @param passwordHash of `hashPassword`
 * @throws AppError `conflict` when the name is taken
 */
export async function createSuperuser(
  tx: Connection,
  input: { readonly username: string; readonly email: string; readonly passwordHash: string },
): Promise<number> {
  const { user } = tx.tables;
  const [row] = await tx.rows(sql`
    insert into ${user} (username, email, password, is_superuser, is_staff, is_active, date_joined)
    values (${input.username}, ${input.email}, ${input.passwordHash}, ${sql.param(true, user.is_superuser)},
      ${sql.param(true, user.is_staff)}, ${sql.param(true, user.is_active)}, ${sql.param(new Date(), user.date_joined)})
    returning id`);
  return toInteger(row?.id);
}

/** Replaces a user's password hash. @throws AppError `not_found` */
export async function setPassword(tx: Connection, username: string, passwordHash: string): Promise<void> {
  const { user } = tx.tables;
  const updated = await tx.rows(sql`
    update ${user} set password = ${passwordHash} where ${user.username} = ${username} returning id`);
  if (updated.length === 0) throw new AppError('not_found', `there is no user ${username}`);
}
