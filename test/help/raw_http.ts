/** HTTP by hand, for requests that `fetch` refuses to send. */
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** 0 when the connection ended without an answer. */
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

const ANSWER_TIMEOUT_MS = 5000;
const NO_ANSWER: RawAnswer = { status: 0, headers: new Headers(), body: '' };

/**
 * Sends bytes as they are and reads the answer until the other side closes: ask for `Connection: close`.
 * A string stands for its bytes in Latin-1, so that any byte can be written as `\xff`.
 */
export function sendRaw(url: string, request: string | Uint8Array): Promise<RawAnswer> {
  return exchange(url, request, async () => {});
}

/** Sends a request in two parts, the second when `meanwhile` is done; without a second part it breaks off there. */
export function sendSlowly(
  url: string,
  [first, second]: readonly [first: string, second?: string],
  meanwhile: () => Promise<void>,
): Promise<RawAnswer> {
  return exchange(url, first, async (socket) => {
    await meanwhile();
    if (second === undefined) socket.destroy();
    else socket.write(second);
  });
}

async function exchange(
  url: string,
  request: string | Uint8Array,
  goOn: (socket: Socket) => Promise<void>,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<void>();
  const chunks: Buffer[] = [];
  const socket = connect(Number(port), hostname, () =>
    socket.write(typeof request === 'string' ? Buffer.from(request, 'latin1') : request),
  );
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A server that refuses the rest of a long request resets the connection; what it said before counts.
  for (const event of ['end', 'error', 'close', 'timeout']) socket.on(event, resolve);
  socket.setTimeout(ANSWER_TIMEOUT_MS);
  await goOn(socket);
  await promise;
  socket.destroy();
  return parseAnswer(Buffer.concat(chunks));
}

/** A request without a body: method, target and header lines; `Host` and `Connection: close` unless they are given. */
export function rawRequest(method: string, target: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { Host: 'localhost', Connection: 'close', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function parseAnswer(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf('\r\n\r\n');
  const [first = '', ...lines] = bytes.subarray(0, Math.max(end, 0)).toString('latin1').split('\r\n');
  const status = Number(first.match(/^HTTP\/1\.[01] (\d{3})/)?.[1] ?? 0);
  if (status === 0) return NO_ANSWER;
  const headers = new Headers();
  for (const line of lines) headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim());
  return { status, headers, body: bytes.subarray(end + 4).toString('utf8') };
}
