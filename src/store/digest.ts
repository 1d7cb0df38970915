/** How many rows a table has and what is in them, in whatever order they are read. */

/**
 * `checksum`: the xxHash64 of each line (`db/sql_tables.ts`), added up modulo 2^64, as 16 hexadecimal digits. The order
 * of the lines makes no difference, for two databases sort alike in nothing but numbers; a line more or less, or one that
 * stands twice, does.
 */
export interface Digest {
  readonly rows: number;
  readonly checksum: string;
}

export interface DigestMaker {
  add(lines: readonly string[]): void;
  read(): Digest;
}

export function createDigest(): DigestMaker {
  let rows = 0;
  let sum = 0n;
  return {
    add(lines) {
      rows += lines.length;
      let added = 0n;
      for (const line of lines) added += Bun.hash.xxHash64(line);
      sum = BigInt.asUintN(64, sum + added);
    },
    read: () => ({ rows, checksum: sum.toString(16).padStart(16, '0') }),
  };
}
