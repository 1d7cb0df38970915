/**
 * Answers of the read API, made once for all who ask within their time: details of pages, and pages of the list. An edit
 * in this process forgets them at once; one in another process is heard of by a notice (`page_cache_notices.ts`).
 */
import type { PageViews } from '../impressions/gather.ts';
import type { Body } from './respond.ts';

/** A page ready to be sent, and what sending it counts. */
export interface CachedPage {
  readonly body: Body;
  readonly views: PageViews;
}

/** Bytes of JSON kept; the oldest answers leave first. */
const DETAIL_BYTES_MAX = 32 * 1024 * 1024;
const LIST_BYTES_MAX = 8 * 1024 * 1024;

type Load<Key, Value> = (key: Key) => Promise<Value | undefined>;

/** Answers from memory and others since the start, and the bytes that are kept. */
interface CacheState {
  readonly hits: number;
  readonly misses: number;
  readonly bytes: number;
}

/** Values by key, each loaded once for all who ask within its time. */
interface Cache<Key, Value> {
  /** The value, or undefined when there is none. @throws what `load` throws */
  find(key: Key, load: Load<Key, Value>): Value | Promise<Value | undefined>;
  clear(): void;
  state(): CacheState;
}

export interface PageCache {
  readonly details: Cache<number, CachedPage>;
  /** By the whole address that was asked for: the links in the answer depend on it. */
  readonly lists: Cache<string, Body>;
  /** Forgets everything: a page or a content was edited. A load that began before the edit is not kept. */
  clear(): void;
  /** Of both kinds of answers. */
  state(): CacheState;
}

/** @param ttlMs how old an answer may be, counted from the moment its load began; 0 keeps nothing */
export function createPageCache(ttlMs: number): PageCache {
  // An entry's own few hundred bytes are not counted, nor is its gzipped form.
  const details = createCache<number, CachedPage>(ttlMs, DETAIL_BYTES_MAX, (_, page) => page.body.bytes.length);
  const lists = createCache<string, Body>(ttlMs, LIST_BYTES_MAX, (key, body) => key.length + body.bytes.length);
  return {
    details,
    lists,
    clear() {
      details.clear();
      lists.clear();
    },
    state() {
      const [one, two] = [details.state(), lists.state()];
      return { hits: one.hits + two.hits, misses: one.misses + two.misses, bytes: one.bytes + two.bytes };
    },
  };
}

interface Entry<Value> {
  /** When its load began, in ms of `performance.now`. */
  readonly at: number;
  readonly bytes: number;
  readonly value: Value;
}

function createCache<Key, Value>(
  ttlMs: number,
  bytesMax: number,
  sizeOf: (key: Key, value: Value) => number,
): Cache<Key, Value> {
  const entries = new Map<Key, Entry<Value>>();
  const loads = new Map<Key, Promise<Value | undefined>>();
  let bytes = 0;
  let generation = 0;
  let hits = 0;
  let misses = 0;

  function remove(key: Key): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    bytes -= entry.bytes;
  }

  function store(key: Key, at: number, value: Value): void {
    remove(key);
    const entry = { at, bytes: sizeOf(key, value), value };
    entries.set(key, entry);
    bytes += entry.bytes;
    // A Map iterates in the order of insertion: the first is the oldest.
    for (const oldest of entries.keys()) {
      if (bytes <= bytesMax) break;
      remove(oldest);
    }
  }

  async function loadOnce(key: Key, load: Load<Key, Value>): Promise<Value | undefined> {
    const at = performance.now();
    const born = generation;
    try {
      const value = await load(key);
      if (born !== generation) return value;
      if (value !== undefined) store(key, at, value);
      else remove(key);
      return value;
    } finally {
      if (born === generation) loads.delete(key);
    }
  }

  return {
    find(key, load) {
      const entry = ttlMs === 0 ? undefined : entries.get(key);
      if (entry !== undefined && performance.now() - entry.at < ttlMs) {
        hits += 1;
        return entry.value;
      }
      misses += 1;
      if (ttlMs === 0) return load(key);
      const loading = loads.get(key) ?? loadOnce(key, load);
      loads.set(key, loading);
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
