/**
 * Notices between the webs of one hub that pages or contents were edited, through Redis (publish and subscribe). They
 * only make edits show sooner: a notice that is lost costs the age that answers may have anyway (`PAGE_CACHE_MS`).
 */
import { messageOf } from '../errors.ts';
import { openClient, openRedis } from '../impressions/redis.ts';
import type { Log } from '../log.ts';
import { countFault } from '../metrics.ts';
import type { RedisAddress } from '../redis_address.ts';

const CHANNEL = 'contenthub:pages:edited';

export interface PageCacheNotices {
  /** Tells the others. Never throws, waits for nothing. */
  publish(): void;
  /** Idempotent. */
  close(): void;
}

/**
 * Listens for notices, its own too, until it is closed.
 * @param onNotice called for each, and when the connection is back: some may have been missed
 */
export function openPageCacheNotices(address: RedisAddress, log: Log, onNotice: () => void): PageCacheNotices {
  const publisher = openRedis(address, log, { purpose: 'notices', key: CHANNEL });
  // It goes on trying by itself, and says in the log why it cannot.
  publisher.connect().catch(() => {});

  const subscriber = openClient(address, 'notices-in', { autoResubscribe: false });
  // The publisher's connection leads to the same server and has said so.
  subscriber.on('error', () => countFault('redis'));
  let isBack = false;
  subscriber.on('ready', () => {
    const hasMissed = isBack;
    isBack = true;
    subscriber.subscribe(CHANNEL).then(hasMissed ? onNotice : undefined, (error: unknown) => {
      log.warn('edits in other processes are noticed late: no notices from Redis', { error: messageOf(error) });
    });
  });
  subscriber.on('message', onNotice);
  subscriber.connect().catch(() => {});

  return {
    publish() {
      try {
        publisher
          .node()
          .publish(CHANNEL, '')
          .catch(() => {});
      } catch {
        // Not connected: the log has said so.
      }
    },
    close() {
      publisher.close();
      subscriber.disconnect();
    },
  };
}
