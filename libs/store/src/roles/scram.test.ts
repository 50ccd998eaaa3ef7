import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { scramVerifier } from './scram.js';

// The exchange of RFC 7677, section 3: user "user", password "pencil".
const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
const authMessage = [
  'n=user,r=rOprNGfwEbeRWgbNEkqO',
  `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
  `c=biws,r=${nonce}`,
].join();

it('holds the server key that signs the exchange of RFC 7677', () => {
  const verifier = scramVerifier('pencil', salt);
  expect(verifier).toMatch(
    /^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/,
  );
  const serverKey = Buffer.from(verifier.split(':').at(-1) ?? '', 'base64');
  const signature = createHmac('sha256', serverKey).update(authMessage).digest('base64');
  expect(signature).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
});

it('salts anew each time', () => {
  expect(scramVerifier('pencil')).not.toBe(scramVerifier('pencil'));
});
