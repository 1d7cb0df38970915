import { columns } from './columns.sqlite.ts';
import { buildSchema } from './schema.ts';

/** The tables as drizzle-kit (`drizzle/generate.ts`) reads them. */
export const schema = buildSchema(columns);
