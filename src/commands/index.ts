import { settingsHelp } from '../config_print.ts';
import { flagOf } from './arguments.ts';
import { backupCommand } from './backup.ts';
import { changePasswordCommand } from './changepassword.ts';
import { checkCommand } from './check.ts';
import { collectStaticCommand } from './collectstatic.ts';
import type { Command } from './command.ts';
import { configCommand } from './config.ts';
import { createSuperuserCommand } from './createsuperuser.ts';
import { dumpDataCommand } from './dumpdata.ts';
import { healthCommand } from './health.ts';
import { impressionsCommand } from './impressions.ts';
import { loadDataCommand } from './loaddata.ts';
import { migrateCommand } from './migrate.ts';
import { moveCommand } from './move.ts';
import { restoreCommand } from './restore.ts';
import { serveOptions } from './serve.ts';
import { shellCommand } from './shell.ts';

/** Every command, in the order of `--help`. Without a command the roles run (`serve.ts`). */
export const commands: readonly Command[] = [
  migrateCommand,
  createSuperuserCommand,
  changePasswordCommand,
  loadDataCommand,
  dumpDataCommand,
  checkCommand,
  configCommand,
  healthCommand,
  collectStaticCommand,
  impressionsCommand,
  shellCommand,
  backupCommand,
  restoreCommand,
  moveCommand,
];

function optionLines(options: Command['options']): string {
  return options
    .map(
      (option) =>
        `      ${`${flagOf(option)}${option.value === undefined ? '' : ` ${option.value}`}`.padEnd(26)} ${option.help}\n`,
    )
    .join('');
}

/** The text of `contenthub --help`. */
export function helpText(version: string): string {
  const list = commands
    .map(
      (command) =>
        `  ${`${command.name} ${command.operands}`.trim().padEnd(30)} ${command.summary}\n${optionLines(command.options)}`,
    )
    .join('');
  return `contenthub ${version}: pages of typed contents, a REST API, exact view counters

usage: contenthub [--web] [--worker] [--beat] [--host H] [--port N] [--env-file FILE]
       contenthub [--env-file FILE] COMMAND [OPTION…]

Without a command the named roles run in this process; none named means all of them.
${optionLines(serveOptions)}
commands:
${list}
everywhere:
      --env-file FILE            read settings from FILE; the environment wins
      --help, --version

settings (environment) [default]:
${settingsHelp()}
exit codes: 0 done, 1 failed, 2 wrong usage
`;
}
