/** A process that migrates and stops in the middle for a while: `migrate_slowly.ts ADDRESS MILLISECONDS`. */
import { migrate } from '../../src/db/migrate.ts';
import { laterMigrations } from './later_migrations.ts';

const [, , address = '', pause = ''] = process.argv;
const applied = await migrate(
  JSON.parse(address),
  () => {},
  laterMigrations(() => {
    process.stdout.write('in the middle\n');
    Bun.sleepSync(Number(pause));
  }),
);
process.stdout.write(`${applied.join(' ')}\n`);
