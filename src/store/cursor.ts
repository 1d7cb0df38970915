/** Opaque places in lists. Whoever forges one gets the list's beginning, or another place of a list that is shown anyway. */

/** A place: next to a row, on its one side or the other. */
export interface Cursor {
  readonly sort: string;
  readonly direction: 'next' | 'previous';
  /** What the row is sorted by. */
  readonly key: string | number;
  readonly id: number;
}

const CURSOR_CHARACTERS_MAX = 4096;

/** A cursor as text that can stand in an address. */
export function writeCursor({ sort, direction, key, id }: Cursor): string {
  return Buffer.from(JSON.stringify([sort, direction, key, id])).toString('base64url');
}

/** The cursor, or undefined for any text that is none. */
export function readCursor(text: string): Cursor | undefined {
  if (text.length > CURSOR_CHARACTERS_MAX) return undefined;
  const [sort, direction, key, id] = parseArray(Buffer.from(text, 'base64url').toString());
  if (typeof sort !== 'string' || (direction !== 'next' && direction !== 'previous')) return undefined;
  if (!Number.isSafeInteger(id) || typeof id !== 'number') return undefined;
  if (typeof key === 'number') return Number.isSafeInteger(key) ? { sort, direction, key, id } : undefined;
  const isStored = typeof key === 'string' && key.isWellFormed() && !key.includes('\0');
  return isStored ? { sort, direction, key, id } : undefined;
}

function parseArray(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
