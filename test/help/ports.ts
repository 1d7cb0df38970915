import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that the system hands out to connections and to servers that ask for any: nobody takes one while its server is away. */
const PORT_MIN = 15_000;
const PORT_MAX = 29_999;
const PORT_ATTEMPTS_MAX = 50;

/** A port of 127.0.0.1 that nobody listens on. */
export async function findPort(): Promise<number> {
  for (let attempt = 1; attempt <= PORT_ATTEMPTS_MAX; attempt++) {
    const port = randomInt(PORT_MIN, PORT_MAX + 1);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(true));
    });
    if (!isFree) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
  throw new Error('no free port on 127.0.0.1');
}
