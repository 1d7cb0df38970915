import { REFUSE_OTHERS } from './alone.postgres.ts';
import { dropSchema } from './objects.ts';
import { writeStatement } from './statement.ts';

/** What a script of psql does, inside its transaction, before it makes another's tables: `withPostgresAlone`, and the old ones go. */
export const REPLACING_SCRIPT = [
  REFUSE_OTHERS,
  // Tables that are not there are worth no notice.
  'set local client_min_messages = warning;',
  ...dropSchema('postgres').map((statement) => `${writeStatement('postgres', statement).sql};`),
  '',
].join('\n');
