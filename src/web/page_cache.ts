import type { PageViews } from '../impressions/gather.ts';
import type { Body } from './respond.ts';

/** A page ready to be sent, and what sending it counts. */
export interface CachedPage {
  readonly body: Body;
  readonly views: PageViews;
}

/** Bytes of JSON kept; the oldest pages leave first. */
const CACHE_BYTES_MAX = 32 * 1024 * 1024;

interface Entry {
  /** When its load began, in ms of `performance.now`. */
  readonly at: number;
  readonly page: CachedPage;
}

/** Answers of page details, made once for all who ask within their time. */
export interface PageCache {
  /** The page, or undefined when there is none. @throws what `load` throws */
  find(id: number): CachedPage | Promise<CachedPage | undefined>;
  /** Forgets everything: a page or a content was edited. A load that began before the edit is not kept. */
  clear(): void;
  /** Pages answered from memory and others since the start, and what is kept. */
  state(): { readonly hits: number; readonly misses: number; readonly bytes: number };
}

/**
 * Keeps answers of page details for up to `ttlMs`. A missing or old page is loaded once however many ask for it.
 * Its age counts from the moment its load began, so nothing older than `ttlMs` is served. 0 keeps nothing.
 */
export function createPageCache(load: (id: number) => Promise<CachedPage | undefined>, ttlMs: number): PageCache {
  const entries = new Map<number, Entry>();
  const loads = new Map<number, Promise<CachedPage | undefined>>();
  let bytes = 0;
  let generation = 0;
  let hits = 0;
  let misses = 0;

  function remove(id: number): void {
    const entry = entries.get(id);
    if (entry === undefined) return;
    entries.delete(id);
    bytes -= sizeOf(entry.page);
  }

  function store(id: number, entry: Entry): void {
    remove(id);
    entries.set(id, entry);
    bytes += sizeOf(entry.page);
    // A Map iterates in the order of insertion: the first is the oldest.
    for (const oldest of entries.keys()) {
      if (bytes <= CACHE_BYTES_MAX) break;
      remove(oldest);
    }
  }

  async function loadOnce(id: number): Promise<CachedPage | undefined> {
    const at = performance.now();
    const born = generation;
    try {
      const page = await load(id);
      if (born !== generation) return page;
      if (page !== undefined) store(id, { at, page });
      else remove(id);
      return page;
    } finally {
      if (born === generation) loads.delete(id);
    }
  }

  return {
    find(id) {
      const entry = ttlMs === 0 ? undefined : entries.get(id);
      if (entry !== undefined && performance.now() - entry.at < ttlMs) {
        hits += 1;
        return entry.page;
      }
      misses += 1;
      if (ttlMs === 0) return load(id);
      const loading = loads.get(id) ?? loadOnce(id);
      loads.set(id, loading);
      return loading;
    },
    clear() {
      generation += 1;
      entries.clear();
      loads.clear();
      bytes = 0;
    },
    state: () => ({ hits, misses, bytes }),
  };
}

function sizeOf(page: CachedPage): number {
  return page.body.text.length * 2;
}
