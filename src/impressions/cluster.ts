import type { Cluster, Redis } from 'ioredis';

const SLOTS = 16_384;

/**
 * The hash slot of a key (Redis Cluster specification): CRC16 of the part between the first `{` and the next `}`, or of
 * the whole key when there is nothing between them.
 */
export function slotOf(key: string): number {
  const open = key.indexOf('{');
  const close = key.indexOf('}', open + 1);
  return crc16(Buffer.from(open !== -1 && close > open + 1 ? key.slice(open + 1, close) : key)) % SLOTS;
}

/** CRC-16/XMODEM: polynomial 0x1021, start 0. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc;
}

/** The connection to the master that serves a key's slot, as far as the client knows the cluster. */
export function nodeOf(cluster: Cluster, key: string): Redis | undefined {
  const [name] = cluster.slots[slotOf(key)] ?? [];
  return cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === name);
}
