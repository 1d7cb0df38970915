/**
 * The read API without the router, which takes a third of the time of a cached answer and is loaded when something else is
 * asked for. What an address asks for is read once: clients ask for the same again and again.
 */
import { pathOf, queryOf } from '../request.ts';
import { parseQuery } from './query.ts';
import { type ApiContext, createHandle, type Handle, type Resource } from './resource.ts';

/** An address, and the resource that answers it. */
export interface DirectAddress {
  readonly path: string;
  /** The pattern of the path. */
  readonly route: string;
  answer(request: Request): Response | Promise<Response>;
}

/** Addresses that are remembered: more than a site has pages that many look at, and little memory. */
const ADDRESSES_MAX = 1000;
const ADDRESS_CHARACTERS_MAX = 200;

/**
 * Finds the resource of an address whose path needs no decoding: as it stands in the resource's pattern, or with a number
 * for `:id`.
 * @returns by URL; undefined for any other path
 */
export function createDirectAddresses(
  resources: readonly Resource[],
  context: ApiContext,
): (url: string) => DirectAddress | undefined {
  const find = findByPath(resources, context);
  const remembered = new Map<string, DirectAddress>();

  function read(url: string): DirectAddress | undefined {
    const path = pathOf(url);
    const place = find(path);
    if (place === undefined) return undefined;
    const { route, handle, params } = place;
    const asked = { params, query: parseQuery(queryOf(url)) };
    const address = { path, route, answer: (request: Request) => handle(request, asked) };
    if (url.length > ADDRESS_CHARACTERS_MAX) return address;
    if (remembered.size >= ADDRESSES_MAX) remembered.clear();
    remembered.set(url, address);
    return address;
  }
  return (url) => remembered.get(url) ?? read(url);
}

/** A path that a resource answers. */
interface Place {
  readonly route: string;
  readonly handle: Handle;
  readonly params: Readonly<Record<string, string>>;
}

function findByPath(resources: readonly Resource[], context: ApiContext): (path: string) => Place | undefined {
  const fixed = new Map<string, Place>();
  const numbered: (Omit<Place, 'params'> & { readonly before: string })[] = [];
  for (const resource of resources) {
    const route = resource.path;
    const handle = createHandle(resource, context);
    const [before = '', after] = route.split(':id');
    if (after === undefined) fixed.set(route, { route, handle, params: {} });
    else if (after === '/') numbered.push({ route, handle, before });
  }
  return (path) => {
    const place = fixed.get(path);
    if (place !== undefined) return place;
    for (const { route, handle, before } of numbered) {
      if (!path.startsWith(before)) continue;
      const id = path.slice(before.length, -1);
      if (DIGITS.test(id) && path.endsWith('/')) return { route, handle, params: { id } };
    }
    return undefined;
  };
}

const DIGITS = /^\d+$/;
