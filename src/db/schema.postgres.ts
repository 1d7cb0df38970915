import { columns } from './columns.postgres.ts';
import { buildSchema } from './schema.ts';

/** The tables as drizzle-kit (`drizzle/generate.ts`) and copies (`shapes.ts`) read them. */
export const schema = buildSchema(columns);
