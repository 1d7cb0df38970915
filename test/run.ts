/**
 * `make test`: makes sure that there are a Postgres and a Redis, runs `bun test` with the arguments it was given, and ends with one line
 * that people and CI can read, on stdout: `N passed, N failed[, N skipped]`. Exits with 0 only when `bun test` did and at least one test
 * passed.
 *
 * Postgres is one server for the whole run (`TEST_POSTGRES_URL`). Each test that needs a Redis starts its own; what is found or fetched
 * here, before any test needs it, is the program to start: `TEST_REDIS_SERVER` and `TEST_REDIS_8`, or, in `TEST_REDIS_8_MISSING`, why
 * there is no Redis 8, which skips the tests that need it. `TEST_REDIS=8` runs everything on Redis 8, or skips it all by name;
 * `TEST_APPENDFSYNC` is the setting of servers whose test says nothing else.
 *
 * The counts are bun's own summary, not its JUnit report: that leaves out errors outside of a test (a file that cannot be imported).
 * The names of skipped tests come from the JUnit report, which cannot be confused with what a test prints.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Server, startPostgres } from './help/postgres.ts';
import { findRedis } from './help/redis_binary.ts';

const TEST_TIMEOUT_MS = 30_000;
const INTERRUPT_WAIT_MS_MAX = 10_000;
/** A process that a test has left behind keeps bun's stderr open; its output is not waited for longer than this. */
const TRAILING_OUTPUT_MS_MAX = 1_000;
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Outcome {
  code: number;
  counts: Counts;
}

/** What is said of a run that broke off: nothing is known to have passed. */
const BROKEN_OFF: Counts = { passed: 0, failed: 1, skipped: 0 };

let interruption: number | undefined;
let interrupt = (_signal: keyof typeof SIGNALS) => {};
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interruption ??= SIGNALS[signal];
    interrupt(signal);
  });
}

const { code, counts } = await runWithServers(process.argv.slice(2));
await Bun.write(Bun.stdout, `${formatCounts(counts)}\n`);
process.exit(code);

async function runWithServers(filters: string[]): Promise<Outcome> {
  let server: Server | undefined;
  try {
    // One after the other: both may need apt-get.
    server = await startPostgres();
    const redis = await prepareRedis();
    if (redis === undefined) return { code: 0, counts: { passed: 0, failed: 0, skipped: 1 } };
    return await runTests(filters, { TEST_POSTGRES_URL: server.url, ...redis });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { code: interruption ?? 1, counts: BROKEN_OFF };
  } finally {
    await server?.stop();
  }
}

/** What tests find their Redis by; undefined when they were to run on a version that there is not. */
async function prepareRedis(): Promise<Record<string, string> | undefined> {
  const installed = await findRedis('installed');
  const redis8 = await findRedis('8');
  const isOn8 = process.env.TEST_REDIS === '8';
  if (redis8.kind === 'missing') console.error(`${isOn8 ? 'skipped' : 'no Redis 8'}: ${redis8.reason}`);
  if (redis8.kind === 'missing' && isOn8) return undefined;
  return {
    TEST_REDIS_SERVER: isOn8 && redis8.kind === 'found' ? redis8.path : installed.path,
    ...(redis8.kind === 'found' ? { TEST_REDIS_8: redis8.path } : { TEST_REDIS_8_MISSING: redis8.reason }),
  };
}

async function runTests(filters: string[], servers: Record<string, string>): Promise<Outcome> {
  if (interruption !== undefined) return { code: interruption, counts: BROKEN_OFF };
  const folder = mkdtempSync(join(tmpdir(), 'contenthub-test-'));
  try {
    const report = join(folder, 'junit.xml');
    const reporter = ['--reporter=junit', `--reporter-outfile=${report}`];
    const { status, output } = await spawnBun(
      ['--no-env-file', 'test', `--timeout=${TEST_TIMEOUT_MS}`, ...reporter, ...filters],
      { ...process.env, ...servers },
    );
    const counts = readSummary(output);
    if (interruption !== undefined) {
      console.error('interrupted');
      return { code: interruption, counts: counts ?? BROKEN_OFF };
    }
    if (!counts) {
      console.error(`bun test ended without a summary (${status})`);
      return { code: 1, counts: BROKEN_OFF };
    }
    if (counts.skipped > 0) reportSkipped(existsSync(report) ? readFileSync(report, 'utf8') : '', counts.skipped);
    if (counts.passed + counts.failed === 0) console.error('no test ran');
    else if (status !== 0 && counts.failed === 0)
      console.error(`bun test ended with ${status} although no test failed`);
    return { code: status === 0 && counts.passed > 0 ? 0 : 1, counts };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs this same bun and passes its output on. Resolves to how it ended (code or signal) and its stderr, where `bun test` reports. */
async function spawnBun(args: string[], env: NodeJS.ProcessEnv): Promise<{ status: number | string; output: string }> {
  const isColourful = process.stderr.isTTY && !process.env.NO_COLOR;
  const child = Bun.spawn([process.execPath, ...args], {
    env: isColourful ? { ...env, FORCE_COLOR: '1' } : env,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  interrupt = (signal) => {
    child.kill(signal);
    setTimeout(() => child.kill('SIGKILL'), INTERRUPT_WAIT_MS_MAX).unref();
  };
  let output = '';
  const decoder = new TextDecoder();
  const passOn = (async () => {
    for await (const chunk of child.stderr) {
      process.stderr.write(chunk);
      output += decoder.decode(chunk, { stream: true });
    }
  })();
  await child.exited;
  await Promise.race([passOn, Bun.sleep(TRAILING_OUTPUT_MS_MAX)]);
  return { status: child.signalCode ?? child.exitCode ?? 'unknown', output: Bun.stripANSI(output) };
}

/** Reads the lines ` 12 pass`, ` 1 skip`, … above bun's last `Ran 13 tests across 2 files`. Nothing when there is no such line. */
function readSummary(output: string): Counts | undefined {
  const lines = output.split('\n');
  const end = lines.findLastIndex((line) => /^Ran \d+ tests? across \d+ files?\./.test(line));
  if (end < 0) return undefined;
  const found = new Map<string, number>();
  for (let index = end - 1; index >= 0; index--) {
    const [, count, kind] = /^ (\d+) ([a-z].*)$/.exec(lines[index] ?? '') ?? [];
    if (!count || !kind) break;
    found.set(kind, Number(count));
  }
  const count = (kind: string) => found.get(kind) ?? 0;
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo') };
}

/** Names every skipped test. With `-t` the report also lists what the pattern left out, and the two cannot be told apart. */
function reportSkipped(report: string, expected: number): void {
  const cases = [
    ...report.matchAll(/<testcase name="([^"]*)" classname="([^"]*)"[^>]* file="([^"]*)"[^>]*[^/]>\s*<skipped/g),
  ];
  if (cases.length !== expected) {
    console.log(`\nskipped: ${expected} tests, named above (the report lists ${cases.length})`);
    return;
  }
  console.log('\nskipped:');
  for (const [, name = '', suites = '', file = ''] of cases) {
    // The report has the innermost suite first.
    const path = [...suites.split(' &gt; ').reverse(), name].filter((part) => part !== '').join(' &gt; ');
    console.log(`  ${unescapeXml(file)}: ${unescapeXml(path)}`);
  }
}

function unescapeXml(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(?:#(\d+)|([a-z]+));/g, (whole, code: string | undefined, name: string | undefined) =>
    code ? String.fromCodePoint(Number(code)) : (named[name ?? ''] ?? whole),
  );
}

function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
