/**
 * The web side of the program as it is, counting as the configuration says; or not at all with BENCH_COUNTING=off, which
 * makes the pair of every figure about recording: the same program otherwise.
 */
import { openApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Recorder } from '../../src/impressions/record.ts';
import { createLog } from '../../src/log.ts';
import { startWeb } from '../../src/roles/web.ts';

const idle: Recorder = {
  record() {},
  state: () => ({ recorded: 0, stored: 0, pending: 0, dropped: { full: 0, expired: 0, stopping: 0 }, failing: false }),
  stop: async () => 0,
};

const { BENCH_COUNTING, ...environment } = process.env;
const config = readConfig(environment);
const log = createLog(config.logLevel, 'json', (line) => void process.stderr.write(line));
const app = await openApp(config, log, { hasAllRoles: config.counterRedis === undefined, hasWeb: true });
const web = await startWeb(BENCH_COUNTING === 'off' ? { ...app, recorder: idle } : app, { hasPages: true });
process.on('SIGTERM', async () => {
  await web.stop();
  const left = await app.stopRecording();
  await app.close();
  process.exit(left === 0 ? 0 : 1);
});
log.info('serving', { url: web.url });
