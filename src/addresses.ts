/** IP addresses as texts. `node:net` is loaded only where networks are listed: with its streams it takes a tenth of a start. */
import type * as Net from 'node:net';

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const IPV6_CHARACTERS = /^[0-9a-f:.]+$/i;

const loadNet = (): typeof Net => require('node:net');

/** 4 or 6 for an address of that version, 0 for anything else. */
export function isIP(text: string): 0 | 4 | 6 {
  if (IPV4.test(text)) return 4;
  // Bun's parser of URLs takes a colon too many at the end.
  return text.includes(':') && !/[^:]:$/.test(text) && IPV6_CHARACTERS.test(text) && URL.canParse(`http://[${text}]/`)
    ? 6
    : 0;
}

/**
 * Networks and addresses (`10.0.0.0/8`, `::1`).
 * @returns what tells whether an address is in one of them
 * @throws Error naming the one it cannot read
 */
export function readNetworks(networks: readonly string[]): (address: string) => boolean {
  if (networks.length === 0) return () => false;
  const list = new (loadNet().BlockList)();
  for (const network of networks) {
    const [, address = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(network) ?? [];
    const version = isIP(address);
    const bitsMax = version === 4 ? 32 : 128;
    const bits = prefix === undefined ? bitsMax : Number(prefix);
    if (version === 0 || bits > bitsMax) {
      throw new Error(`expected addresses or networks like 10.0.0.0/8 or ::1, got "${network}"`);
    }
    list.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6');
  }
  return (address) => {
    const version = isIP(address);
    return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4');
  };
}
