import { describe, expect, it } from 'vitest';
import { provenIdentifier } from './proof.js';

const kinds = ['email', 'phone', 'username'] as const;
const refused = expect.objectContaining({ code: 'identifier_not_proven', status: 422 });

describe('provenIdentifier', () => {
  it('gives the canonical form of what the token proves', () => {
    const claims = {
      email: ' Alice@Example.ORG',
      email_verified: true,
      phone_number: '+49 155 500-01',
      phone_number_verified: true,
      preferred_username: 'Alice.A',
    };
    expect(provenIdentifier(claims, 'email', kinds)).toMatchObject({
      kind: 'email',
      value: 'alice@example.org',
    });
    expect(provenIdentifier(claims, 'phone', kinds)).toMatchObject({ kind: 'phone', value: '+4915550001' });
    expect(provenIdentifier(claims, 'username', kinds)).toMatchObject({ kind: 'username', value: 'alice.a' });
  });

  it.each([
    ['an address that was not verified', { email: 'a@b.org', email_verified: false }, 'email'],
    ['an address without a word on verification', { email: 'a@b.org' }, 'email'],
    ['a number that was not verified', { phone_number: '+4915550001' }, 'phone'],
    ['no claim', {}, 'username'],
    ['a user name that is an address', { preferred_username: 'bob@b.org' }, 'username'],
    ['a user name that is a number', { preferred_username: '4915550001' }, 'username'],
    ['a number that is none', { phone_number: 'bob', phone_number_verified: true }, 'phone'],
    ['an address of 400 characters', { email: `${'a'.repeat(400)}@b.org`, email_verified: true }, 'email'],
  ] as const)('refuses %s', (_name, claims, wanted) => {
    expect(() => provenIdentifier(claims, wanted, kinds)).toThrow(refused);
  });

  it('refuses a kind that the gatekeeper does not accept', () => {
    const claims = { email: 'a@b.org', email_verified: true };
    expect(() => provenIdentifier(claims, 'email', ['phone'])).toThrow(refused);
  });
});
