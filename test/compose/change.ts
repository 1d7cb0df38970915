/** A hub under load while its parts are added, killed, restarted, and all of them stopped. */
import { expect, sum } from './checks.ts';
import { run, until } from './docker.ts';
import { type Hub, serverErrors } from './hub.ts';
import { CONNECTIONS } from './load.ts';

/** A web gathers views for this long before it pushes them: what a killed one had gathered is lost. */
const GATHERED_MS = 50;
const CONTENTS_OF_A_PAGE = 6;
const BEFORE_CRASH_MS = 3000;
const BACK_SECONDS = 90;

async function healthyAgain(hub: Hub, id: string): Promise<void> {
  await until(`${id} healthy`, BACK_SECONDS, async () =>
    (await hub.project.inspect(id)).State.Health?.Status === 'healthy' ? true : undefined,
  );
}

/** Three webs and two workers. */
export async function scaleUp(hub: Hub): Promise<void> {
  const { project } = hub;
  const seen = await hub.underLoad(async () => {
    await project.compose('up', '-d', '--scale', 'web=3', '--scale', 'worker=2');
    await project.healthy('web', 3, BACK_SECONDS);
    await project.healthy('worker', 2, BACK_SECONDS);
  });
  expect('scaling up fails no request', serverErrors(seen) === 0 && seen.errors === 0, seen.statuses);
  await hub.underLoad(async () => undefined);
  const [nginx = ''] = await project.idsOf('nginx');
  const lines = (await run(['docker', 'logs', '--tail', '2000', nginx])).split('\n');
  const webs = new Set(lines.flatMap((line) => /"web":"([\d.:]+)"/.exec(line)?.[1] ?? []));
  expect('nginx finds the new webs by itself', webs.size === 3, [...webs]);
  await hub.expectCounted('scaled');
}

/** Kills the main process of one container of each service in turn, as a crash would. */
export async function killEach(hub: Hub): Promise<void> {
  for (const service of ['web', 'worker', 'beat', 'redis', 'db', 'nginx']) {
    const [id = ''] = await hub.project.idsOf(service);
    const seen = await hub.underLoad(async () => {
      await Bun.sleep(BEFORE_CRASH_MS);
      await hub.project.crash(id);
      await healthyAgain(hub, id);
    });
    const rate = sum(Object.values(seen.statuses)) / seen.seconds;
    // A view is counted when its answer is made, also when that finds nginx gone.
    if (service === 'nginx') hub.allowSurplus(CONNECTIONS * CONTENTS_OF_A_PAGE);
    // One of the webs, and twice what it gathers on average.
    if (service === 'web') hub.allowLoss(Math.ceil((rate * CONTENTS_OF_A_PAGE * GATHERED_MS * 2) / 1000));
    const unexpected = Object.keys(seen.statuses).filter((status) => !['200', '503'].includes(status));
    // Pages are in the database: while it is away they cannot be had, and say so.
    if (service === 'db') expect('without db, pages answer 503 until it is back', unexpected.length === 0, unexpected);
    else expect(`killing ${service} fails no request at nginx`, serverErrors(seen) === 0, seen.statuses);
    if (service !== 'nginx') expect(`every request is answered (${service})`, seen.errors === 0, seen.errors);
    await hub.expectCounted(`${service} was killed`);
  }
}

/** Restarts the webs in turn, and stops one. */
export async function restartInTurn(hub: Hub): Promise<void> {
  const webs = await hub.project.idsOf('web');
  const seen = await hub.underLoad(async () => {
    for (const id of webs) {
      await run(['docker', 'restart', '-t', '20', id]);
      await healthyAgain(hub, id);
    }
  });
  const isSmooth = serverErrors(seen) === 0 && seen.errors === 0;
  expect('a rolling restart of three webs fails no request', isSmooth, seen.statuses);
  await hub.expectCounted('restarted in turn');

  const [stopped = ''] = webs;
  await hub.underLoad(async () => {
    await run(['docker', 'stop', '-t', '20', stopped]);
    const { ExitCode } = (await hub.project.inspect(stopped)).State;
    expect('SIGTERM under load ends with 0', ExitCode === 0, ExitCode);
    await run(['docker', 'start', stopped]);
  });
  await hub.expectCounted('stopped under load');
}

/** Takes all containers away and makes them again from the volumes. */
export async function downAndUp(hub: Hub): Promise<void> {
  const { project } = hub;
  const before = await hub.counters();
  await project.compose('down');
  await project.compose('up', '-d');
  for (const service of ['web', 'worker', 'beat', 'nginx']) await project.healthy(service, 1, 120);
  expect('`down` and `up` keep the counters', Bun.deepEquals(before, await hub.counters()));
  const [page = 0] = await hub.pages();
  expect('and the pages', (await hub.open(page)).status === 200);
  await hub.expectCounted('up again');
}
