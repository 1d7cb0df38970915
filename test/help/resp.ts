/**
 * A connection to Redis that owes nothing to the program's own client: what it says of a server is true even when that client is wrong.
 * It speaks RESP2, the protocol in which requests are arrays of strings and replies come in the order of the requests.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

const CONNECT_WAIT_MS_MAX = 5_000;
const REPLY_WAIT_MS_MAX = 25_000;
const INPUT_BYTES_START = 64 * 1024;
const CR = 13;

/** Integers that a number cannot hold are strings of digits. An Error stands only inside arrays (`EXEC`); elsewhere it is thrown. */
export type Reply = string | number | null | readonly (Reply | Error)[];

export interface RespConnection {
  /** @throws Error with the server's own message, or saying that the connection is lost or that no reply came */
  send(...args: readonly string[]): Promise<Reply>;
  isClosed(): boolean;
  /** Ends the connection; what has no reply yet fails. Idempotent. */
  close(): void;
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** @throws Error when nothing listens on that port of this machine */
export async function connectResp(port: number): Promise<RespConnection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_WAIT_MS_MAX) }).catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
  const waiting: Waiting[] = [];
  const input = createInput();
  let reading = readReply(input);

  function settleReplies(): void {
    for (let step = reading.next(); step.done; step = reading.next()) {
      const request = waiting.shift();
      if (step.value instanceof Error) request?.reject(step.value);
      else request?.resolve(step.value);
      reading = readReply(input);
    }
  }

  function fail(message: string): void {
    socket.destroy();
    for (const request of waiting.splice(0)) request.reject(new Error(message));
  }

  socket.on('data', (chunk: Buffer) => {
    try {
      input.append(chunk);
      settleReplies();
    } catch (error) {
      fail(String(error));
    }
  });
  socket.on('error', (error) => fail(`the connection to Redis was lost: ${error.message}`));
  socket.on('close', () => fail('the connection to Redis was lost'));

  return {
    async send(...args) {
      if (socket.destroyed) throw new Error('the connection to Redis is closed');
      const { promise, resolve, reject } = Promise.withResolvers<Reply>();
      waiting.push({ resolve, reject });
      const timer = setTimeout(() => fail(`no reply to ${args[0]} within ${REPLY_WAIT_MS_MAX} ms`), REPLY_WAIT_MS_MAX);
      socket.write(encode(args));
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
      }
    },
    isClosed: () => socket.destroyed,
    close: () => fail('the connection to Redis was closed'),
  };
}

function encode(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`;
}

/** Runs until it needs bytes that have not come yet, yields, and goes on where it was when it is asked again. */
function* readReply(input: Input): Generator<undefined, Reply | Error, undefined> {
  const line = yield* input.line();
  const rest = line.slice(1);
  switch (line[0]) {
    case '+':
      return rest;
    case '-':
      return new Error(rest);
    case ':':
      return Number.isSafeInteger(Number(rest)) ? Number(rest) : rest;
    case '$':
      return rest === '-1' ? null : yield* input.text(Number(rest));
    case '*': {
      if (rest === '-1') return null;
      const items: (Reply | Error)[] = [];
      for (let index = 0; index < Number(rest); index++) items.push(yield* readReply(input));
      return items;
    }
    default:
      throw new Error(`this is no reply of Redis: ${line.slice(0, 100)}`);
  }
}

interface Input {
  append(chunk: Buffer): void;
  /** The text up to the end of the line, without it. */
  line(): Generator<undefined, string, undefined>;
  /** The text of so many bytes; the line's end behind it is skipped. */
  text(bytes: number): Generator<undefined, string, undefined>;
}

/** What has come and was not read yet. Grows twofold, so that a reply of many megabytes is not copied once for each piece of it. */
function createInput(): Input {
  let bytes = Buffer.allocUnsafe(INPUT_BYTES_START);
  let start = 0;
  let end = 0;

  function take(size: number): string {
    const text = bytes.toString('utf8', start, start + size);
    start += size + 2;
    return text;
  }

  return {
    append(chunk) {
      if (end + chunk.length > bytes.length) {
        const used = end - start;
        const roomy = Buffer.allocUnsafe(Math.max(INPUT_BYTES_START, 2 * (used + chunk.length)));
        bytes.copy(roomy, 0, start, end);
        [bytes, start, end] = [roomy, 0, used];
      }
      end += chunk.copy(bytes, end);
    },
    *line() {
      for (let from = start; ; ) {
        const at = bytes.subarray(0, end).indexOf(CR, from);
        if (at >= 0 && at + 1 < end) return take(at - start);
        const seen = end - start;
        yield;
        from = start + Math.max(0, seen - 1);
      }
    },
    *text(size) {
      while (end - start < size + 2) yield;
      return take(size);
    },
  };
}
