/** The table of settings as people read it: `--help`, `.env.example`, the docs, and what a program runs with. */
import { type Config, type Environment, isSet, type Setting, settings } from './config.ts';
import { describeAddress } from './db/open.ts';
import { describeRedis } from './redis_address.ts';

/** Every setting with its value as the program understood it; secrets only as set or not. For `contenthub config`. */
export function describeConfig(config: Config, environment: Environment): string {
  const rows = Object.values<Setting<unknown>>(settings).map((setting) => {
    const own = environment[setting.name]?.trim() ?? '';
    const given = own !== '' || (setting.secret === true && isSet(environment[`${setting.name}_FILE`]));
    const value = !given ? setting.fallback : setting.secret ? '(set, not shown)' : own;
    return `${setting.name.padEnd(22)} ${value.padEnd(34)} ${given ? 'environment' : 'default'}`;
  });
  const redis =
    config.counterRedis === undefined ? 'none, one process counts by itself' : describeRedis(config.counterRedis);
  return `${rows.join('\n')}\n\ndatabase in use: ${describeAddress(config.database)}\nRedis in use: ${redis}\n`;
}

/** The settings for `--help`. */
export function settingsHelp(): string {
  return Object.values<Setting<unknown>>(settings)
    .map(({ name, fallback, help }) => `  ${name.padEnd(22)} ${help}${fallback === '' ? '' : ` [${fallback}]`}\n`)
    .join('');
}

/** The text of `.env.example`: every setting, commented out, at its default. */
export function envExample(): string {
  const rows = Object.values<Setting<unknown>>(settings).map(({ name, fallback, help, secret }) => {
    const file = secret ? ` Or ${name}_FILE: the file that holds it.` : '';
    return `# ${help}.${file}\n# ${name}=${fallback}\n`;
  });
  return `# Settings of ContentHub, each at its default. Printed by \`contenthub config --example\`.\n\n${rows.join('\n')}`;
}

/** The settings as a Markdown table, for docs/operating.md. */
export function settingsTable(): string {
  const rows = Object.values<Setting<unknown>>(settings).map(
    ({ name, fallback, help, secret }) =>
      `| \`${name}\`${secret ? `, \`${name}_FILE\`` : ''} | ${fallback === '' ? '(none)' : `\`${fallback}\``} | ${help} |\n`,
  );
  return `| setting | default | meaning |\n| --- | --- | --- |\n${rows.join('')}`;
}
