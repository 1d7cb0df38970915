import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, messageOf } from '../errors.ts';
import { openLink } from './link.postgres.ts';
import type { DatabaseAddress } from './open.ts';

export interface ScratchDatabase {
  readonly address: DatabaseAddress;
  drop(): Promise<void>;
  /** What can be done of that when the process ends now: a database on Postgres stays. */
  abandon(): void;
}

/**
 * Makes an empty database of the same dialect that nobody else uses: on the same Postgres server, under a name that begins
 * with `contenthub_verify_`, or in a temporary folder.
 * @throws AppError `unavailable` saying what is missing
 */
export async function createScratchDatabase(address: DatabaseAddress): Promise<ScratchDatabase> {
  if (address.dialect === 'sqlite') {
    const folder = createFolder();
    const abandon = () => rmSync(folder, { recursive: true, force: true });
    return {
      address: { dialect: 'sqlite', path: join(folder, 'contenthub.db') },
      drop: async () => abandon(),
      abandon,
    };
  }
  // Nothing but these characters: a name cannot be a parameter.
  const name = `contenthub_verify_${crypto.randomUUID().replaceAll('-', '')}`;
  await runOnce(address.url, `create database ${name} template template0 encoding 'UTF8'`).catch((error: unknown) => {
    throw new AppError(
      'unavailable',
      `cannot make a database to restore into (${messageOf(error)}): give the user CREATEDB`,
    );
  });
  const url = new URL(address.url);
  url.pathname = `/${name}`;
  return {
    address: { dialect: 'postgres', url: url.href },
    drop: () => runOnce(address.url, `drop database if exists ${name} with (force)`),
    abandon: () => {},
  };
}

function createFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'contenthub-verify-'));
  } catch (error) {
    throw new AppError('unavailable', `cannot restore for a look in ${tmpdir()} (TMPDIR): ${messageOf(error)}`);
  }
}

async function runOnce(url: string, statement: string): Promise<void> {
  const link = openLink(url, 1, 0);
  try {
    await link.run(statement);
  } finally {
    await link.end();
  }
}
