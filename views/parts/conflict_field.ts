import type { ListSide } from './list_side.tsx';

/** A field of two versions of the same object: what the editor sent, and what somebody else has stored meanwhile. */
export interface ConflictField {
  /** As the form posts it. */
  readonly name: string;
  readonly label: string;
  /** The two values as the form posts them; a list is one text, its items separated by blanks. */
  readonly mine: string;
  readonly theirs: string;
  /** What both began with, if that is known. */
  readonly base?: string | undefined;
  /** What people read in place of the two values: of a list a line for each item. */
  readonly shown?: { readonly mine: string; readonly theirs: string } | undefined;
  /** In place of texts: two lists, place by place. */
  readonly lists?: { readonly mine: ListSide; readonly theirs: ListSide } | undefined;
  /** A third value with the changes of both, where that can be made; offered when both changed the field. */
  readonly both?: string | undefined;
}

/** Whose value a merge begins with. `clash` is a field that both changed, or may have: it begins with mine. */
export type Verdict = 'same' | 'mine' | 'theirs' | 'clash';

/** Decides by what both began with: who changed the field keeps it. */
export function judge({ mine, theirs, base }: ConflictField): Verdict {
  if (mine === theirs) return 'same';
  if (base === theirs) return 'mine';
  return base === mine ? 'theirs' : 'clash';
}
