import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTestAuthority } from './certificates.js';

const authority = createTestAuthority();
const root = new X509Certificate(authority.ca);

describe('a certificate of a test', () => {
  it('is signed by its authority, for its hosts and its key', () => {
    const { certificate, key } = authority.issue('keys', {
      hosts: ['keys.example', '127.0.0.1'],
    });
    const issued = new X509Certificate(certificate);
    expect(root.ca).toBe(true);
    expect(issued.checkIssued(root) && issued.verify(root.publicKey)).toBe(true);
    expect(issued.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect([issued.checkHost('keys.example'), issued.checkIP('127.0.0.1')]).toEqual([
      'keys.example',
      '127.0.0.1',
    ]);
    expect(issued.checkHost('other.example')).toBeUndefined();
  });

  it('of another authority is not, whatever its name', () => {
    const { certificate } = createTestAuthority().issue('keys');
    expect(new X509Certificate(certificate).verify(root.publicKey)).toBe(false);
  });

  it('may have expired', () => {
    const { certificate } = authority.issue('old', { lifetimeMs: -60_000 });
    expect(new X509Certificate(certificate).validToDate.getTime()).toBeLessThan(Date.now());
  });
});
