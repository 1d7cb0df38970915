import type { TableContent } from '../store/inventory.ts';

/** Tables with their rows and checksums, a line each. */
export function listTables(tables: readonly TableContent[]): string {
  const width = Math.max(...tables.map(({ name }) => name.length));
  const digits = Math.max(...tables.map(({ rows }) => String(rows).length));
  return tables
    .map(({ name, rows, checksum }) => `${name.padEnd(width)}  ${String(rows).padStart(digits)}  ${checksum}\n`)
    .join('');
}
