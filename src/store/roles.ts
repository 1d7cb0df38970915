/** What a user may do, kept in Django's columns: flags and groups of `auth_user`. */
import { sql } from 'drizzle-orm';
import type { Connection, Row } from '../db/connection.ts';
import { toBoolean, toDate, toInteger, toText } from '../db/rows.ts';

/** The group that makes a member of the staff a viewer, as in the Django version. */
const VIEWER_GROUP = 'viewer';

/** What a user may do: look, edit, or everything. `none` cannot log in. */
export const ROLES = ['viewer', 'editor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** A user, without the password's hash. */
export interface User {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly role: Role | 'none';
  readonly isActive: boolean;
  /** Of the admin's pages; '' for what the browser asks for. */
  readonly language: string;
  readonly lastLogin: Date | undefined;
  readonly joined: Date;
}

/** A row of `auth_user` as a user. @param viewers the id of the group of viewers, if there is one */
export function toUser(row: Row, viewers: number | undefined): User {
  return {
    id: toInteger(row.id),
    username: toText(row.username),
    email: toText(row.email),
    role: roleOf(row, viewers),
    isActive: toBoolean(row.is_active),
    language: toText(row.language),
    lastLogin: row.last_login === null ? undefined : toDate(row.last_login),
    joined: toDate(row.date_joined),
  };
}

/** Django's flags as a role. */
function roleOf(row: Row, viewers: number | undefined): User['role'] {
  if (toBoolean(row.is_superuser)) return 'admin';
  if (!toBoolean(row.is_staff)) return 'none';
  return viewers !== undefined && groupsOf(row).includes(viewers) ? 'viewer' : 'editor';
}

/** The ids of a user's groups. */
export function groupsOf(row: Row): number[] {
  const groups: unknown = JSON.parse(toText(row.groups));
  return Array.isArray(groups) ? groups.map(toInteger) : [];
}

/** The id of the group of viewers, or undefined. */
export async function findViewerGroup(connection: Connection): Promise<number | undefined> {
  const { group } = connection.tables;
  const [row] = await connection.rows(sql`select id from ${group} where name = ${VIEWER_GROUP}`);
  return row && toInteger(row.id);
}

/** The groups with or without that of viewers, as JSON. Groups that mean nothing here are kept. */
export async function groupsFor(tx: Connection, role: Role | 'none', groups: readonly number[]): Promise<string> {
  if (role === 'viewer') {
    // Two who make the first two viewers at the same moment make one group.
    await tx.rows(sql`insert into ${tx.tables.group} (name) values (${VIEWER_GROUP}) on conflict (name) do nothing`);
  }
  const viewers = await findViewerGroup(tx);
  const others = groups.filter((id) => id !== viewers);
  return JSON.stringify(role === 'viewer' && viewers !== undefined ? [...others, viewers] : others);
}
