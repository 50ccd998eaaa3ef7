import type { TrustedProxies } from '@causeway/http';
import type { IncomingHttpHeaders } from 'node:http';

/** Codes that proxies send when they do not know the country, or know only a group of countries. */
const noCountries = new Set(['XX', 'ZZ', 'AP', 'EU']);

/** What we look at of a request. */
export interface CountryRequest {
  readonly headers: IncomingHttpHeaders;
  readonly raw: { readonly socket: { readonly remoteAddress?: string | undefined } };
}

/** Reads the country that a trusted proxy names. Nothing of an address is read or kept. */
export class RegionHeader {
  constructor(
    private readonly name: string | undefined,
    private readonly proxies: TrustedProxies,
  ) {}

  /** @returns ISO 3166-1 alpha-2, upper case; undefined when nobody who is believed says it */
  countryOf(request: CountryRequest): string | undefined {
    if (this.name === undefined || !this.proxies.has(request.raw.socket.remoteAddress)) return undefined;
    const value = request.headers[this.name];
    const country = typeof value === 'string' ? value.trim().toUpperCase() : '';
    return /^[A-Z]{2}$/.test(country) && !noCountries.has(country) ? country : undefined;
  }
}
