/** The contents one page shows, each once: what a single opening of the page counts. */
export type PageViews = readonly { readonly label: string; readonly ids: readonly number[] }[];

/** Label → content id → times seen. */
export type Views = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Openings of pages, added up by content when they are taken. */
export interface Gathering {
  /** Ids held, at most: an id counts once for each page it was seen on, until `add` has to make room. */
  ids(): number;
  /** Views held: one for each content of each opening. */
  views(): number;
  /** Adds an opening; false, and nothing added, when more than `idsMax` ids would be held. */
  add(page: PageViews, idsMax: number): boolean;
  /** Hands out what was gathered and begins anew. */
  take(): Views;
}

/** How many contents a page shows. */
export function countIds(page: PageViews): number {
  let size = 0;
  for (const { ids } of page) size += ids.length;
  return size;
}

/** Nothing here waits or throws, and an opening of a page that was opened before only adds one to a number. */
export function createGathering(): Gathering {
  /** Openings by page, as the answers came. */
  let opened = new Map<PageViews, number>();
  let openedIds = 0;
  let summed = new Map<string, Map<number, number>>();
  let summedIds = 0;
  let views = 0;

  function sum(): void {
    for (const [page, times] of opened) {
      for (const { label, ids } of page) {
        const counts = summed.get(label) ?? new Map<number, number>();
        summed.set(label, counts);
        for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + times);
      }
    }
    opened = new Map();
    openedIds = 0;
    summedIds = 0;
    for (const counts of summed.values()) summedIds += counts.size;
  }

  return {
    ids: () => openedIds + summedIds,
    views: () => views,
    add(page, idsMax) {
      const size = countIds(page);
      const times = opened.get(page);
      if (times === undefined) {
        // A page that is read again counts the same ids under a new key: adding up makes room.
        if (openedIds + summedIds + size > idsMax) sum();
        if (openedIds + summedIds + size > idsMax) return false;
        openedIds += size;
      }
      opened.set(page, (times ?? 0) + 1);
      views += size;
      return true;
    },
    take() {
      sum();
      const taken = summed;
      summed = new Map();
      summedIds = 0;
      views = 0;
      return taken;
    },
  };
}
