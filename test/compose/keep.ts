/** A backup of the hub in containers, and the way back: `make backup` and `make restore`. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, sum } from './checks.ts';
import { run, until } from './docker.ts';
import type { Hub } from './hub.ts';

const FILE = 'hub.backup';
const RESTART_SECONDS = 60;

export async function backUpAndRestore(hub: Hub): Promise<void> {
  const { project } = hub;
  const make = (...args: string[]) => run(['make', '-s', ...args], { cwd: project.folder });
  const [pages, counters] = [await hub.pages(), await hub.counters()];
  const said = await make('backup', `FILE=${FILE}`, 'ARGS=--verify');
  const { mode, uid } = statSync(join(project.folder, FILE));
  expect('a backup is verified, and its maker’s alone', (mode & 0o777) === 0o600 && uid === process.getuid?.(), said);

  // Not by `open`: the restore takes back what the counters say of this one.
  await hub.get(`/api/v1/pages/${pages[0]}/`);
  await until('counted', RESTART_SECONDS, async () =>
    sum((await hub.counters()).values()) > sum(counters.values()) ? true : undefined,
  );
  await project.sql('delete from pages_pagecontent; delete from pages_page');
  const refused = await make('restore', `FILE=${FILE}`).catch(String);
  expect('a restore over data is refused, and says what to do', refused.includes('--force'), refused);
  await make('restore', `FILE=${FILE}`, 'ARGS=--force');
  for (const service of ['web', 'worker', 'beat']) await project.healthy(service, 1, RESTART_SECONDS);
  expect('all pages are back', Bun.deepEquals(await hub.pages(), pages), await hub.pages());
  expect('and all counters', Bun.deepEquals(await hub.counters(), counters), sum((await hub.counters()).values()));
  const nowhere = await make('backup', 'FILE=/nonexistent/hub.backup').catch(String);
  expect('a backup into no folder is refused', nowhere.includes('/nonexistent'), nowhere);
}
