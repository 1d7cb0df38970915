/**
 * A wire that can be cut, silenced, slowed down and looked at: what a test puts between the program and a server.
 *
 * Each connection has two queues, one for each direction. A chunk goes through them in order: it waits until its delay is over and
 * until the wire is not a black hole, and is written in one piece or in slices. What a black hole has swallowed is not lost but late,
 * as with TCP on a network that fails for a while; the end of a connection is late in the same way.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A direction that holds more than this stops reading, so that the sender feels it. */
const QUEUE_BYTES_MAX = 1024 * 1024;
/** Enough for the other side to read a slice by itself. */
const SLICES_APART_MS = 1;

/**
 * `pass_then_cut`: the server receives it and may act on it, but the client's connection is cut first, so that no answer arrives.
 * `cut`: the server does not receive it; both connections are cut.
 */
export type Verdict = 'pass' | 'pass_then_cut' | 'cut';

export interface TcpProxy {
  readonly port: number;
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>;
  /** A plain wire again, on the same port: takes connections, and undoes everything below. */
  restore(): Promise<void>;
  /** Takes connections and keeps them, but passes nothing in either direction, not even their end. */
  blackhole(): void;
  /** What is sent from now on arrives that much later, each way. */
  delay(ms: number): void;
  /** Passes on at most so many bytes at a time, a millisecond apart. */
  slice(bytes: number): void;
  /** Asks about each chunk that a client has sent, before it is passed on. */
  onClientData(match: (chunk: Buffer) => Verdict): void;
}

interface Wire {
  /** Resolves once the wire is no black hole. */
  open: Promise<void>;
  reopen(): void;
  delayMs: number;
  sliceBytes: number;
  match(chunk: Buffer): Verdict;
}

/** Passes connections on to a port of this machine. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const plain = { open: Promise.resolve(), reopen: () => {}, match: () => 'pass' as const };
  const wire: Wire = { ...plain, delayMs: 0, sliceBytes: Number.POSITIVE_INFINITY };
  let server: Server | undefined;
  let port = 0;

  async function listen(): Promise<void> {
    // Half-open: an end in one direction leaves the other as it is.
    server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      for (const socket of [client, target]) {
        sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => sockets.delete(socket));
      }
      // A server acts on what it has received before it sees the end; what it answers is thrown away.
      const askTest = (chunk: Buffer) => wire.match(chunk);
      forward(client, target, wire, askTest, () => void target.end());
      // A client gets all that was said, and learns that nobody listens when it says more.
      forward(
        target,
        client,
        wire,
        () => 'pass',
        () => client.destroySoon(),
      );
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address === 'object') port = address.port;
  }

  await listen();
  return {
    port,
    async cut() {
      const closed = server && once(server, 'close');
      server?.close();
      server = undefined;
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async restore() {
      wire.reopen();
      Object.assign(wire, plain, { delayMs: 0, sliceBytes: Number.POSITIVE_INFINITY });
      if (!server) await listen();
    },
    blackhole() {
      wire.reopen();
      const { promise, resolve } = Promise.withResolvers<void>();
      Object.assign(wire, { open: promise, reopen: resolve });
    },
    delay(ms) {
      wire.delayMs = ms;
    },
    slice(bytes) {
      wire.sliceBytes = bytes;
    },
    onClientData(match) {
      wire.match = match;
    },
  };
}

/** Carries one direction of a connection. @param close what becomes of the target when the source is gone */
function forward(
  source: Socket,
  target: Socket,
  wire: Wire,
  judge: (chunk: Buffer) => Verdict,
  close: (target: Socket) => void,
): void {
  let tail = Promise.resolve();
  let queued = 0;

  /** Runs `act` when all that came before is through, and its own time has come. */
  function enqueue(act: () => void | Promise<void>): void {
    const due = performance.now() + wire.delayMs;
    tail = tail.then(async () => {
      const early = due - performance.now();
      if (early > 0) await Bun.sleep(early);
      await wire.open;
      await act();
    });
  }

  async function pass(chunk: Buffer): Promise<void> {
    queued -= chunk.length;
    if (queued < QUEUE_BYTES_MAX) source.resume();
    if (target.destroyed) return;
    const verdict = judge(chunk);
    if (verdict === 'pass') return await write(target, chunk, wire.sliceBytes);
    // Nothing that the server says from now on is passed on, nor anything that the client still sends.
    source.destroy();
    if (verdict === 'cut') target.destroy();
    else await write(target, chunk, wire.sliceBytes);
  }

  source.on('data', (chunk: Buffer) => {
    queued += chunk.length;
    if (queued >= QUEUE_BYTES_MAX) source.pause();
    enqueue(() => pass(chunk));
  });
  source.on('end', () => enqueue(() => void target.end()));
  source.on('close', () => enqueue(() => close(target)));
}

/** Resolves when the system has taken the bytes, which on this machine means that they have arrived; also when they never will. */
async function write(target: Socket, bytes: Buffer, sliceBytes: number): Promise<void> {
  for (let at = 0; at < bytes.length && !target.destroyed; at += sliceBytes) {
    const piece = bytes.subarray(at, at + sliceBytes);
    await new Promise<void>((resolve) => {
      target.once('close', resolve);
      target.write(piece, () => {
        target.off('close', resolve);
        resolve();
      });
    });
    if (at + sliceBytes < bytes.length) await Bun.sleep(SLICES_APART_MS);
  }
}

/** True when a client of Postgres commits with these bytes: a simple query (Q) or a statement to parse (P) that says just that. */
export function isCommit(chunk: Buffer): boolean {
  // Every message but the first of a connection is one letter and a length, which counts itself but not the letter.
  for (let at = 0; at + 5 <= chunk.length; ) {
    const kind = String.fromCharCode(chunk[at] ?? 0);
    const end = at + 1 + chunk.readInt32BE(at + 1);
    if (end <= at + 1) return false;
    const parts = chunk.toString('utf8', at + 5, end).split('\0');
    const text = kind === 'Q' ? parts[0] : kind === 'P' ? parts[1] : undefined;
    if (text !== undefined && /^\s*commit\s*;?\s*$/i.test(text)) return true;
    at = end;
  }
  return false;
}
