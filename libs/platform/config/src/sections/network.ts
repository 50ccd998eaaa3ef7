import { isIP } from 'node:net';
import { z } from 'zod';
import { defineConfig } from '../section.js';
import { flag, integer, list } from '../values.js';

const cidr = z.string().refine(isCidr, 'must hold addresses or ranges such as 10.0.0.0/8');

function isCidr(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}

/** Where a service listens and whom it believes about the client's address. */
export const httpSection = defineConfig('HTTP', {
  HTTP_HOST: {
    schema: z.string().max(255).default('127.0.0.1'),
    doc: 'Address that the service listens on.',
    example: '0.0.0.0',
  },
  HTTP_PORT: {
    schema: integer(0, 65_535),
    doc: 'Port that the service listens on; 0 takes a free one.',
    example: '8080',
  },
  TRUSTED_PROXIES: {
    schema: list(cidr).default([]),
    doc: 'Addresses and ranges of proxies whose forwarding headers and request ids are believed, separated by commas.',
    example: '10.0.0.0/8',
  },
  PROXY_PROTOCOL: {
    schema: flag().default(false),
    doc: 'Whether connections from `CAUSEWAY_TRUSTED_PROXIES` begin with a PROXY protocol header (version 2), as a load balancer writes it that does not look into TLS; others of theirs are cut, health checks included.',
  },
});
