import { BlockList, isIP, SocketAddress } from 'node:net';

/*
 * The PROXY protocol, version 2: how a proxy that does not look into a connection says who it speaks for
 * ("The PROXY protocol, versions 1 & 2", section 2.2).
 */

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const HEAD_BYTES = 16;
/** Version 2 in the upper half; below it LOCAL (the proxy speaks for itself) or PROXY. */
const [LOCAL, PROXY] = [0x20, 0x21];
const [TCP4, TCP6] = [0x11, 0x21];

/** The most that is read: addresses of any family, and what senders add to them (ids, TLS details). */
export const PROXY_HEADER_BYTES = 536;

/** One end of a connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/**
 * The header for a connection that is made on behalf of somebody.
 * @param client undefined when it is not known; its port is not told
 */
export function encodeProxyHeader(client: string | undefined, to: Endpoint): Uint8Array {
  if (client === undefined || isIP(client) === 0 || isIP(to.address) === 0) {
    return Buffer.concat([SIGNATURE, Buffer.of(LOCAL, 0, 0, 0)]);
  }
  const four = isIP(client) === 4 && isIP(to.address) === 4;
  const addresses = [client, to.address].map((address) => (four ? bytesOf4(address) : bytesOf6(address)));
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(to.port, 2);
  const body = Buffer.concat([...addresses, ports]);
  return Buffer.concat([SIGNATURE, Buffer.of(PROXY, four ? TCP4 : TCP6, 0, body.length), body]);
}

/** What was read of the beginning of a connection. */
export type ProxyHeader =
  | { readonly state: 'incomplete' }
  | { readonly state: 'invalid' }
  /** `client` is undefined when the proxy speaks for itself, as its health checks do, or of another kind of network. */
  | { readonly state: 'complete'; readonly bytes: number; readonly client: string | undefined };

/** Reads the header from what has arrived so far. Never throws. */
export function readProxyHeader(given: Uint8Array): ProxyHeader {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  const begun = Math.min(bytes.length, SIGNATURE.length);
  if (!bytes.subarray(0, begun).equals(SIGNATURE.subarray(0, begun))) return { state: 'invalid' };
  if (bytes.length < HEAD_BYTES) return { state: 'incomplete' };
  const [command, family, length] = [bytes.readUInt8(12), bytes.readUInt8(13), bytes.readUInt16BE(14)];
  const total = HEAD_BYTES + length;
  if ((command !== LOCAL && command !== PROXY) || total > PROXY_HEADER_BYTES) return { state: 'invalid' };
  if (bytes.length < total) return { state: 'incomplete' };
  const body = bytes.subarray(HEAD_BYTES, total);
  if (command === LOCAL) return { state: 'complete', bytes: total, client: undefined };
  if (family === TCP4) return complete(total, body, 12, () => body.subarray(0, 4).join('.'));
  if (family === TCP6) return complete(total, body, 36, () => textOf6(body.subarray(0, 16)));
  return { state: 'complete', bytes: total, client: undefined };
}

function complete(total: number, body: Buffer, needed: number, client: () => string): ProxyHeader {
  if (body.length < needed) return { state: 'invalid' };
  return { state: 'complete', bytes: total, client: client() };
}

const mapped = new BlockList();
mapped.addSubnet('::ffff:0:0', 96, 'ipv6');

/** An IPv4 address in IPv6 form is given back as what it is. */
function textOf6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':');
  if (mapped.check(groups, 'ipv6')) return bytes.subarray(12).join('.');
  return new SocketAddress({ address: groups, family: 'ipv6' }).address;
}

function bytesOf4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function bytesOf6(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.concat([Buffer.alloc(10), Buffer.of(0xff, 0xff), bytesOf4(address)]);
  // The URL parser writes IPv6 in its canonical form, without a zone and without an IPv4 tail.
  const text = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const [head = '', tail] = text.split('::');
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = 8 - (before?.length ?? 0) - (after?.length ?? 0);
  const groups = [...(before ?? []), ...Array<string>(zeros).fill('0'), ...(after ?? [])];
  const bytes = Buffer.alloc(16);
  groups.forEach((group, i) => bytes.writeUInt16BE(parseInt(group, 16), 2 * i));
  return bytes;
}
