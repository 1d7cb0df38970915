import { columns } from './columns.sqlite.ts';
import { buildSchema } from './schema.ts';

/** The tables as drizzle-kit (`drizzle/generate.ts`) and `open.sqlite.ts` read them. */
export const schema = buildSchema(columns);
