import { describeConfig, envExample, settingsTable } from '../config_print.ts';
import type { Command } from './command.ts';

export const configCommand: Command = {
  name: 'config',
  summary: 'show every setting with its value and where it came from; no secrets',
  operands: '',
  operandsMax: 0,
  options: [
    { name: 'example', help: 'print the text of .env.example instead' },
    { name: 'markdown', help: 'print the settings as a Markdown table instead' },
  ],
  async run({ arguments: given, environment, readConfig, print }) {
    if (given.has('example')) print(envExample());
    else if (given.has('markdown')) print(settingsTable());
    else print(describeConfig(readConfig(), environment));
    return 0;
  },
};
