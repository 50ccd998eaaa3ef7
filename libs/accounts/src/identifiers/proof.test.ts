import { describe, expect, it } from 'vitest';
import { provenByToken } from './proof.js';

const issuedAt = 1_750_000_000_000;

describe('provenByToken', () => {
  it('gives the canonical form of what the token proves, and since when', () => {
    const claims = {
      email: ' Alice@Example.ORG',
      email_verified: true,
      phone_number: '+49 1512 345-6789',
      phone_number_verified: true,
      preferred_username: 'Alice.A',
    };
    const caller = { claims, issuedAt };
    const provenAt = new Date(issuedAt);
    expect(provenByToken(caller, 'email')).toMatchObject({
      kind: 'email',
      value: 'alice@example.org',
      provenAt,
    });
    expect(provenByToken(caller, 'phone')).toMatchObject({ kind: 'phone', value: '+4915123456789' });
    expect(provenByToken(caller, 'username')).toMatchObject({ kind: 'username', value: 'alice.a' });
  });

  it.each([
    ['an address that was not verified', { email: 'a@b.org', email_verified: false }, 'email'],
    ['an address without a word on verification', { email: 'a@b.org' }, 'email'],
    ['a number that was not verified', { phone_number: '+4915123456789' }, 'phone'],
    ['no claim', {}, 'username'],
    ['a user name that is an address', { preferred_username: 'bob@b.org' }, 'username'],
    ['a user name that is a number', { preferred_username: '4915123456789' }, 'username'],
    ['a user name in letters of two scripts', { preferred_username: 'p\u0430ypal' }, 'username'],
    ['a number that is none', { phone_number: 'bob', phone_number_verified: true }, 'phone'],
    ['an address of 400 characters', { email: `${'a'.repeat(400)}@b.org`, email_verified: true }, 'email'],
  ] as const)('takes nothing from %s', (_name, claims, wanted) => {
    expect(provenByToken({ claims, issuedAt }, wanted)).toBeUndefined();
  });

  it('takes nothing from a token that does not say when it was signed', () => {
    const claims = { email: 'a@b.org', email_verified: true };
    expect(provenByToken({ claims, issuedAt: 0 }, 'email')).toBeUndefined();
  });
});
