import { TrustedProxies } from '@causeway/http';
import { describe, expect, it } from 'vitest';
import { RegionHeader } from './region-header.js';

const header = new RegionHeader('x-client-country', new TrustedProxies(['10.0.0.0/8']));
const from = (remoteAddress: string | undefined, value?: string | string[]) =>
  header.countryOf({
    headers: value === undefined ? {} : { 'x-client-country': value },
    raw: { socket: { remoteAddress } },
  });

describe('the country that a proxy names', () => {
  it.each([
    ['AT', 'AT'],
    [' de ', 'DE'],
    [undefined, undefined],
    ['', undefined],
    ['XX', undefined],
    ['EU', undefined],
    ['T1', undefined],
    ['AUT', undefined],
    ['AT, DE', undefined],
    ['192.0.2.1', undefined],
    ['A'.repeat(100_000), undefined],
  ])('%j is %s', (value, country) => {
    expect(from('10.0.0.1', value)).toBe(country);
  });

  it('is not believed from anybody else, nor when it is given twice, nor without the setting', () => {
    expect(from('198.51.100.7', 'AT')).toBeUndefined();
    expect(from(undefined, 'AT')).toBeUndefined();
    expect(from('10.0.0.1', ['AT', 'DE'])).toBeUndefined();
    const none = new RegionHeader(undefined, new TrustedProxies(['10.0.0.0/8']));
    expect(
      none.countryOf({
        headers: { 'x-client-country': 'AT' },
        raw: { socket: { remoteAddress: '10.0.0.1' } },
      }),
    ).toBeUndefined();
  });
});
