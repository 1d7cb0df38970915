import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/connection.ts';
import type { Role, User } from '../../src/store/roles.ts';
import { createUser, listUsers } from '../../src/store/users.ts';
import { hashPassword } from '../../src/web/passwords.ts';
import { TESTER } from './actor.ts';
import { PASSWORD } from './admin.ts';

/** Stores one more user, with the password of all users in tests. @returns the id */
export async function addUser(database: Database, username: string, role: Role): Promise<number> {
  const passwordHash = await hashPassword(PASSWORD);
  return database.tx((tx) => createUser(tx, TESTER, { username, email: '', passwordHash, role }));
}

/** The user of this name. @throws Error when there is none */
export async function readUser(database: Database, username: string): Promise<User> {
  const user = (await listUsers(database)).find((candidate) => candidate.username === username);
  if (user === undefined) throw new Error(`there is no user ${username}`);
  return user;
}

/** Forgets every failed attempt, so that one test does not throttle the next. */
export async function forgetAttempts(database: Database): Promise<void> {
  await database.tx((tx) => tx.rows(sql`delete from ${tx.tables.throttle}`));
}
