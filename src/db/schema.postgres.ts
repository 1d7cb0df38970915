import { columns } from './columns.postgres.ts';
import { buildSchema } from './schema.ts';

/** The tables as drizzle-kit (`drizzle/generate.ts`) and `open.postgres.ts` read them. */
export const schema = buildSchema(columns);
