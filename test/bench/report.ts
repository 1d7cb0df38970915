/** What was measured, as `docs/benchmarks.md`. */
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { VERSION } from '../../src/version.ts';
import { readOutput } from './servers.ts';
import { readReport } from './table.ts';

const FILE = join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md');
const GIGABYTE = 1_000_000_000;

/** Writes all that was said in this run, with where and when. */
export async function writeReport(): Promise<void> {
  const [cpu] = cpus();
  const commit = (await readOutput(['git', 'rev-parse', '--short', 'HEAD'])).trim();
  await Bun.write(
    FILE,
    `# Benchmarks

What \`make bench\` measured. Each figure stands beside its pair of the same run, on the same machine: trust the ratios, not
the figures. \`<-- MISSED\` marks a ratio that is not as wanted. To repeat it: \`make bench\` (with wrk, Redis and Postgres
installed; what is missing is left out and named).

- ${new Date().toISOString().slice(0, 10)}, ContentHub ${VERSION} (${commit}), Bun ${Bun.version}
- ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${(totalmem() / GIGABYTE).toFixed(0)} GB of memory,
  ${process.platform} ${release()}; the load generator and the databases share the processors

\`\`\`text
${readReport().trimEnd()}
\`\`\`
`,
  );
  console.log(`written: ${FILE}`);
}
