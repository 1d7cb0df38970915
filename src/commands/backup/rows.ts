/**
 * A body that either database can be restored from: lines of text, compressed with gzip. A line that is an object names
 * the table of the lines that follow, which are its rows: JSON arrays with the columns in the manifest's order, booleans
 * as 0 and 1, times in milliseconds since 1970.
 *
 *     {"table":"pages_page"}
 *     [1,"Three films for a rainy day","https://example.org/rain",1,1764069600000]
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { TableShape } from '../../db/shapes.ts';
import { AppError } from '../../errors.ts';
import { BLOCK_BYTES_MAX, BLOCK_ROWS_MAX, type Block } from '../../store/lines.ts';

const READ_BYTES = 256 * 1024;
/** Little slower than no compression; a higher one takes twice the time for a tenth less. */
const GZIP_LEVEL = 3;

export async function writeRows(path: string, blocks: AsyncIterable<Block>): Promise<void> {
  await pipeline(linesOf(blocks), createGzip({ level: GZIP_LEVEL }), createWriteStream(path));
}

async function* linesOf(blocks: AsyncIterable<Block>): AsyncGenerator<string> {
  let last: TableShape | undefined;
  for await (const { table, lines } of blocks) {
    if (table !== last) yield `${JSON.stringify({ table: table.name })}\n`;
    last = table;
    yield `${lines.join('\n')}\n`;
  }
}

/** @throws AppError `invalid` for a table that is not among `tables` */
export async function* readRows(path: string, bytes: number, tables: readonly TableShape[]): AsyncGenerator<Block> {
  let table: TableShape | undefined;
  let lines: string[] = [];
  let characters = 0;
  for await (const line of splitLines(path, bytes)) {
    const isRow = line.startsWith('[');
    if (lines.length > 0 && (!isRow || lines.length === BLOCK_ROWS_MAX || characters > BLOCK_BYTES_MAX)) {
      if (table !== undefined) yield { table, lines };
      lines = [];
      characters = 0;
    }
    if (isRow) {
      lines.push(line);
      characters += line.length;
    } else table = findTable(line, tables);
  }
  if (table !== undefined && lines.length > 0) yield { table, lines };
}

function findTable(line: string, tables: readonly TableShape[]): TableShape {
  const table = tables.find(({ name }) => line === JSON.stringify({ table: name }));
  if (table === undefined) throw new AppError('invalid', `the backup has rows of a table it does not list: ${line}`);
  return table;
}

async function* splitLines(path: string, bytes: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const gunzip = createGunzip();
  const file = createReadStream(path, { end: bytes - 1, highWaterMark: READ_BYTES });
  const feeding = pipeline(file, gunzip);
  let rest = '';
  for await (const chunk of gunzip) {
    const parts = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  await feeding;
}
