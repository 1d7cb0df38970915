import type { Listing } from '../../src/store/listing.ts';

/** One part of a list, and how it was asked for. */
export interface ListState extends Listing {
  /** The list's address. */
  readonly path: string;
  readonly term: string;
  readonly sort: string;
  /** The order of a list that nobody sorted. */
  readonly defaultSort: string;
  /** What the address says for the list's end. */
  readonly lastPart: string;
  readonly mayEdit: boolean;
}
