import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import type { Database } from '../../src/db/connection.ts';
import { openDatabase } from '../../src/db/open.ts';
import { createTestDatabase, type TestDatabase } from './databases.ts';
import { eventually } from './eventually.ts';
import { isCommit, startTcpProxy, type TcpProxy, type Verdict } from './tcp_proxy.ts';

/** Long enough for what goes through at once to have gone through. */
const SILENCE_MS = 100;

/** Not `expect(…).rejects`: until that has its answer it keeps the wire, which runs in this process, from going at its own pace. */
function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a wire', () => {
  /** Answers with what it hears, and ends when the other side does. */
  let server: Server;
  const served = new Set<Socket>();
  let heard = '';
  let proxy: TcpProxy;
  const clients: Socket[] = [];

  beforeEach(async () => {
    heard = '';
    server = createServer({ allowHalfOpen: true }, (socket) => {
      served.add(socket);
      socket.on('close', () => served.delete(socket));
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        heard += chunk;
        socket.write(chunk);
      });
      socket.on('end', () => socket.end('bye'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    proxy = await startTcpProxy(address.port);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy.cut();
    server.close();
  });

  async function dial() {
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    clients.push(socket);
    const state = { socket, pieces: [] as string[], said: () => state.pieces.join(''), isOver: false };
    socket.on('error', () => {});
    socket.on('data', (chunk) => state.pieces.push(String(chunk)));
    socket.on('end', () => {
      state.isOver = true;
    });
    socket.on('close', () => {
      state.isOver = true;
    });
    await once(socket, 'connect');
    return state;
  }

  test('passes everything on, also after one side has said its last', async () => {
    const client = await dial();
    client.socket.end('hello, '.repeat(100_000));
    await eventually(() => expect(client.isOver).toBe(true));
    expect(client.said()).toBe(`${'hello, '.repeat(100_000)}bye`);
  });

  test('tells each side when the other is gone', async () => {
    const [first, second] = [await dial(), await dial()];
    await eventually(() => expect(served.size).toBe(2));
    first.socket.resetAndDestroy();
    await eventually(() => expect(served.size).toBe(1));
    for (const socket of served) socket.resetAndDestroy();
    await eventually(() => expect(second.isOver).toBe(true));
  });

  test('that is cut ends its connections and takes no more until it is restored', async () => {
    const client = await dial();
    await proxy.cut();
    await eventually(() => expect(client.isOver).toBe(true));
    expect(await failureOf(dial())).toBeInstanceOf(Error);
    await proxy.restore();
    const next = await dial();
    next.socket.write('again');
    await eventually(() => expect(next.said()).toBe('again'));
  });

  test('that is a black hole keeps connections, takes new ones and passes nothing before it is restored', async () => {
    const old = await dial();
    old.socket.write('before ');
    await eventually(() => expect(old.said()).toBe('before '));
    proxy.blackhole();
    const fresh = await dial();
    const gone = await dial();
    old.socket.write('within');
    fresh.socket.write('!');
    gone.socket.destroy();
    await Bun.sleep(SILENCE_MS);
    expect(heard).toBe('before ');
    expect([old.isOver, fresh.isOver]).toEqual([false, false]);
    await proxy.restore();
    await eventually(() => expect([old.said(), fresh.said()]).toEqual(['before within', '!']));
  });

  test('delays what is said, each way, without slowing down a long speech', async () => {
    proxy.delay(60);
    const client = await dial();
    const start = performance.now();
    for (let index = 0; index < 10; index++) {
      client.socket.write(String(index));
      await Bun.sleep(5);
    }
    await eventually(() => expect(client.said()).toBe('0123456789'));
    const took = performance.now() - start;
    expect(took).toBeGreaterThan(2 * 60);
    expect(took).toBeLessThan(10 * 60);
  });

  test('passes on small pieces, in order', async () => {
    proxy.slice(3);
    const client = await dial();
    client.socket.write('abcdefghijklmnopqrstuvwxyz');
    await eventually(() => expect(client.said()).toBe('abcdefghijklmnopqrstuvwxyz'));
    expect(client.pieces.length).toBeGreaterThan(4);
    expect(client.pieces[0]).toHaveLength(3);
  });

  test('cuts the connection that says the word, before the server has heard it or before its answer', async () => {
    proxy.onClientData((chunk) =>
      chunk.includes('lost') ? 'cut' : chunk.includes('heard') ? 'pass_then_cut' : 'pass',
    );
    const [lost, answerless, other] = [await dial(), await dial(), await dial()];
    lost.socket.write('lost');
    answerless.socket.write('heard');
    await eventually(() => expect([lost.isOver, answerless.isOver]).toEqual([true, true]));
    other.socket.write(' other');
    await eventually(() => expect(other.said()).toBe(' other'));
    expect(heard).toBe('heard other');
    expect(lost.said() + answerless.said()).toBe('');
    await eventually(() => expect(served.size).toBe(1));
  });
});

describe('a wire to Postgres', () => {
  let direct: TestDatabase;
  let proxy: TcpProxy;
  let proxied: Database;

  beforeAll(async () => {
    direct = await createTestDatabase('postgres');
    const url = new URL(direct.url);
    proxy = await startTcpProxy(Number(url.port || 5432));
    url.host = `127.0.0.1:${proxy.port}`;
    proxied = openDatabase({ dialect: 'postgres', url: url.href });
  });
  afterAll(async () => {
    await proxied.close();
    await proxy.cut();
    await direct.drop();
  });

  async function isStored(name: string): Promise<boolean> {
    return (await direct.database.rows(sql`select 1 from auth_group where name = ${name}`)).length === 1;
  }
  function store(name: string): Promise<unknown> {
    return proxied.tx((tx) => tx.rows(sql`insert into auth_group (name) values (${name})`));
  }
  /** Cuts at the first COMMIT, and only then. */
  function cutAtCommit(verdict: Verdict): void {
    proxy.onClientData((chunk) => {
      if (!isCommit(chunk)) return 'pass';
      proxy.onClientData(() => 'pass');
      return verdict;
    });
  }

  test('that is cut when COMMIT has arrived leaves a transaction that is stored and looks lost', async () => {
    for (let round = 0; round < 5; round++) {
      cutAtCommit('pass_then_cut');
      expect(await failureOf(store(`arrived ${round}`))).toMatchObject({ kind: 'unavailable' });
      await eventually(async () => expect(await isStored(`arrived ${round}`)).toBe(true));
    }
  });

  test('that is cut before COMMIT has arrived leaves nothing', async () => {
    for (let round = 0; round < 5; round++) {
      cutAtCommit('cut');
      expect(await failureOf(store(`lost ${round}`))).toMatchObject({ kind: 'unavailable' });
      // The name is free as soon as Postgres has ended the transaction.
      await eventually(() => store(`lost ${round}`));
      await direct.database.rows(sql`delete from auth_group where name = ${`lost ${round}`}`);
    }
  });

  test('that comes in pieces still carries transactions, and their COMMIT is still seen', async () => {
    proxy.slice(7);
    await store('in pieces');
    expect(await isStored('in pieces')).toBe(true);
    cutAtCommit('cut');
    expect(await failureOf(store('pieces, lost'))).toMatchObject({ kind: 'unavailable' });
    await proxy.restore();
    expect(await isStored('pieces, lost')).toBe(false);
  });

  test('knows a COMMIT by its message, not by its letters', () => {
    const message = (kind: string, body: string) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(4 + Buffer.byteLength(body));
      return Buffer.concat([Buffer.from(kind), length, Buffer.from(body)]);
    };
    expect(isCommit(message('Q', 'commit\0'))).toBe(true);
    expect(isCommit(message('P', 'name\0COMMIT;\0\0\0'))).toBe(true);
    expect(isCommit(Buffer.concat([message('S', ''), message('Q', 'commit\0')]))).toBe(true);
    expect(isCommit(message('Q', "insert into t values ('commit')\0"))).toBe(false);
    expect(isCommit(message('B', 'commit\0\0'))).toBe(false);
    expect(isCommit(Buffer.from('commit'))).toBe(false);
  });
});
