/** The steps of `test/compose/run`, in order; see there. Ends with 1 when something was not as it should be. */
import { basename } from 'node:path';
import { downAndUp, killEach, restartInTurn, scaleUp } from './change.ts';
import { expect, problems, say } from './checks.ts';
import { openProject, type Project, run } from './docker.ts';
import { createHub, type Hub } from './hub.ts';
import { backUpAndRestore } from './keep.ts';
import { checkHardening, checkSurface } from './surface.ts';

const STEPS: Readonly<Record<string, (hub: Hub) => Promise<void>>> = {
  surface: checkSurface,
  hardening: checkHardening,
  keep: backUpAndRestore,
  scale: scaleUp,
  kills: killEach,
  rolling: restartInTurn,
  again: downAndUp,
};
const IMAGE_BASE = 'gcr.io/distroless/base-nossl-debian12:nonroot';
const START_SECONDS = 120;

async function megabytesOf(image: string): Promise<string> {
  const bytes = Number(await run(['docker', 'image', 'inspect', '-f', '{{.Size}}', image]));
  return `${Math.round(bytes / 1e6)} MB`;
}

/** Builds and starts it as the README says, and fills it. */
async function start(project: Project): Promise<void> {
  const began = performance.now();
  await project.compose('build');
  const built = performance.now();
  await project.compose('up', '-d', '--build');
  for (const service of ['db', 'redis', 'web', 'worker', 'beat', 'nginx'])
    await project.healthy(service, 1, START_SECONDS);
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  say(`       built in ${seconds(built - began)} s, all healthy ${seconds(performance.now() - built)} s after \`up\``);
  say(`       image ${await megabytesOf('contenthub')}, of which its base ${await megabytesOf(IMAGE_BASE)}`);
  const containers = (await run(['docker', 'ps', '--format', '{{.Names}} {{.Ports}}'])).split('\n');
  const open = containers.filter(
    (line) => line.startsWith(basename(project.folder).toLowerCase()) && line.includes('->'),
  );
  expect('nothing but nginx is published', open.length === 1 && open[0]?.includes('nginx') === true, open);

  await run(['make', '-s', 'fixtures'], { cwd: project.folder });
}

const project = await openProject();
const wanted = process.argv.slice(2);
try {
  say('up');
  await start(project);
  const hub = createHub(project);
  for (const [name, step] of Object.entries(STEPS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    say(name);
    await step(hub);
  }
} catch (error) {
  problems.push(String(error));
  console.error(error);
  console.error(await project.compose('ps').catch(String));
  console.error(await project.compose('logs', '--no-color', '--tail', '30').catch(String));
} finally {
  if (process.env.KEEP === undefined) await project.remove();
  else say(`kept: ${project.folder}`);
}
say(problems.length === 0 ? 'compose: all as it should be' : `compose: ${problems.length} problem(s)`);
process.exit(problems.length === 0 ? 0 : 1);
