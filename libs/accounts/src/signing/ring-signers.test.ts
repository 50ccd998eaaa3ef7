import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createKey } from '../key-ring/new-key.js';
import { emptyRing, type KeyRing } from '../key-ring/key-ring.js';
import { rotation } from '../key-ring/rotation.js';
import { AlgorithmUnsupported, checkAlgorithms, RingSigners } from './ring-signers.js';

const times = { fetchMs: 1_000, retainMs: 1_000 };
const last = (rings: readonly KeyRing[]) => rings.at(-1) ?? emptyRing;
const token = (algorithm: 'RS256' | 'ES256' | 'EdDSA') => ({
  issuer: 'i',
  audience: 'a',
  algorithm,
  lifetimeSeconds: 300,
  subjectClaim: 'sub',
  confirmation: 'jkt' as const,
  maxBytes: 4096,
});

describe('the signers of a ring', async () => {
  const first = last(rotation(emptyRing, await createKey('ES256', 0), 0, times));
  const planned = last(rotation(first, await createKey('ES256', 0), 0, times));
  const [one, two] = planned.keys.map(({ kid }) => kid);

  it('take turns at the planned time, without the ring being read again', () => {
    const signers = new RingSigners(planned);
    expect([0, 999, 1_000, 5_000].map((at) => signers.signerAt('ES256', at).keyId)).toEqual([
      one,
      one,
      two,
      two,
    ]);
  });

  it('refuse where no key signs', async () => {
    const signers = new RingSigners(planned);
    expect(() => signers.signerAt('RS256', 0)).toThrow('no key of the algorithm signs now');
    expect(() => new RingSigners(emptyRing).signerAt('ES256', 0)).toThrow(
      'no key of the algorithm signs now',
    );
    const [created = emptyRing] = rotation(emptyRing, await createKey('ES256', 0), 0, times);
    expect(() => new RingSigners(created).signerAt('ES256', 9_999)).toThrow(
      'no key of the algorithm signs now',
    );
  });

  it('need to know where the remote signer is, when it has a key', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicJwk = publicKey.export({ format: 'jwk' }) as { kty: 'EC' };
    const ring = last(rotation(emptyRing, { kid: 'r', algorithm: 'ES256', publicJwk }, 0, times));
    expect(() => new RingSigners(ring)).toThrow('CAUSEWAY_TOKEN_SIGNER_URL');
    expect(new RingSigners(ring, { sign: async () => Buffer.alloc(64) }).signerAt('ES256', 0).keyId).toBe(
      'r',
    );
  });

  it('are told at start which profile wants an algorithm that none of them has', () => {
    const signers = new RingSigners(planned);
    expect(() => checkAlgorithms(signers, [{ id: 'a', token: token('ES256') }])).not.toThrow();
    const other = () => checkAlgorithms(signers, [{ id: 'b', token: token('EdDSA') }]);
    expect(other).toThrow(AlgorithmUnsupported);
    expect(other).toThrow('profile b wants EdDSA, and no key of the ring makes it');
  });
});
