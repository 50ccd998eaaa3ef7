import { serializeXml, stanza } from '@causeway/xml';
import { ns } from '../namespaces.js';

/** The start of a client's stream to a domain (RFC 6120, 4.7 and 4.8). */
export function streamHeader(domain: string): string {
  const attrs = { to: domain, version: '1.0', xmlns: ns.client, 'xmlns:stream': ns.streams };
  return `<?xml version='1.0'?>${serializeXml(stanza('stream:stream', attrs)).slice(0, -2)}>`;
}

export const streamFooter = '</stream:stream>';
