/**
 * The load generator, a process of its own: a few connections to a server on this machine, each asking for the next
 * answer when it has the last (keep-alive, no pipelining). Started as
 *
 *     bun test/bench/load.ts '{"port":8000,"path":"/api/v1/pages/{id}/","ids":1000,"connections":16,"seconds":2}'
 *
 * `{id}` becomes a random id from 1 to `ids`. Writes a `LoadResult` as JSON to standard output. Every request that was
 * sent is answered before it ends, so that `requests` is also the number of views.
 */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly ids: number;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  /** Answers other than 200. */
  readonly failures: number;
  readonly seconds: number;
  /** Of all answers, half took no longer than this, and 99 of 100 no longer than that; in ms. */
  readonly p50: number;
  readonly p99: number;
}

/** Answers still missing this long after the end are a failure of the server. */
const DRAIN_MS_MAX = 5000;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

interface Connection {
  /** What of the current answer has not been read yet: bytes to come of its body, or its unfinished head. */
  missing: number;
  head: Buffer | undefined;
  /** When the request was sent. */
  at: number;
}

/** Puts a server under load. */
export async function generateLoad({ port, path, ids, connections, seconds }: Load): Promise<LoadResult> {
  const request = (id: number) =>
    Buffer.from(`GET ${path.replace('{id}', String(id))} HTTP/1.1\r\nHost: localhost:${port}\r\nAccept: */*\r\n\r\n`);
  const requests = Array.from({ length: path.includes('{id}') ? ids : 1 }, (_, index) => request(index + 1));
  const next = () => requests[Math.floor(Math.random() * requests.length)] ?? request(1);

  const times: number[] = [];
  let failures = 0;
  let open = connections;
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const started = performance.now();
  const end = started + seconds * 1000;
  const timer = setTimeout(() => reject(new Error('the server stopped answering')), seconds * 1000 + DRAIN_MS_MAX);

  const opened = Array.from({ length: connections }, () =>
    Bun.connect<Connection>({
      hostname: '127.0.0.1',
      port,
      data: { missing: 0, head: undefined, at: 0 },
      socket: {
        data(socket, chunk) {
          const state = socket.data;
          if (state.missing > 0) {
            state.missing -= chunk.byteLength;
          } else {
            const bytes = state.head === undefined ? chunk : Buffer.concat([state.head, chunk]);
            const headEnd = bytes.indexOf(END_OF_HEAD);
            if (headEnd === -1) {
              state.head = bytes;
              return;
            }
            state.head = undefined;
            const head = bytes.toString('latin1', 0, headEnd);
            const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
            if (!head.startsWith('HTTP/1.1 200') || Number.isNaN(length)) failures += 1;
            state.missing = length - (bytes.byteLength - headEnd - END_OF_HEAD.byteLength);
          }
          if (state.missing > 0) return;
          const now = performance.now();
          times.push(now - state.at);
          if (now < end) {
            state.at = now;
            socket.write(next());
          } else {
            open -= 1;
            if (open === 0) resolve();
          }
        },
        close: () => reject(new Error('the server closed a connection')),
        error: (_, error) => reject(error),
      },
    }),
  );
  const sockets = await Promise.all(opened);
  for (const socket of sockets) {
    socket.data.at = performance.now();
    socket.write(next());
  }
  await done;
  clearTimeout(timer);
  const took = (performance.now() - started) / 1000;
  const sorted = Float64Array.from(times).sort();
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { requests: sorted.length, failures, seconds: took, p50: at(0.5), p99: at(0.99) };
}

if (import.meta.main) {
  const load: Load = JSON.parse(process.argv[2] ?? '');
  await Bun.write(Bun.stdout, JSON.stringify(await generateLoad(load)));
  process.exit(0);
}
