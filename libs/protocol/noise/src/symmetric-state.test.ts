import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { NoiseInitiator, staticKeyFrom } from './index.js';
import { SymmetricState } from './symmetric-state.js';

const zero = '00'.repeat(32);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** The buffers themselves, not copies: what they hold afterwards is the question. */
interface Secrets {
  readonly hash: Uint8Array;
  readonly chainingKey: Uint8Array;
}
const secretsOf = (state: object) => state as Secrets;
const buffersOf = ({ hash, chainingKey }: Secrets) => [hash, chainingKey];

describe('the symmetric state', () => {
  it('begins with its name, padded or hashed', () => {
    const short = new SymmetricState('Noise_XX_25519_AESGCM_SHA256');
    expect(Buffer.from(secretsOf(short).hash).toString('latin1')).toBe(
      'Noise_XX_25519_AESGCM_SHA256\0\0\0\0',
    );
    const name = 'Noise_XXfallback_25519_AESGCM_SHA256';
    const long = createHash('sha256').update(name).digest('hex');
    expect(hex(secretsOf(new SymmetricState(name)).chainingKey)).toBe(long);
  });

  it.each<[string, (state: SymmetricState) => void]>([
    ['destroy', (state) => state.destroy()],
    ['the split', (state) => void state.split()],
  ])('leaves zeros in every buffer after %s', (_name, end) => {
    const state = new SymmetricState('Noise_XX_25519_AESGCM_SHA256');
    state.mixHash(Uint8Array.of(1));
    state.mixKey(new Uint8Array(32).fill(2));
    const buffers = buffersOf(secretsOf(state));
    expect(buffers.map(hex)).not.toContain(zero);
    end(state);
    expect(buffers.map(hex)).toEqual([zero, zero]);
  });

  it('leaves zeros in each buffer that a step replaces', () => {
    const state = new SymmetricState('Noise_XX_25519_AESGCM_SHA256');
    state.mixKey(new Uint8Array(32).fill(2));
    const before = buffersOf(secretsOf(state));
    state.mixHash(Uint8Array.of(1));
    state.mixKey(new Uint8Array(32).fill(3));
    expect(before.map(hex)).toEqual([zero, zero]);
  });

  it('is gone with the handshake that had it', () => {
    const staticKey = staticKeyFrom(new Uint8Array(32).fill(1));
    const initiator = new NoiseInitiator({ transcript: 'wa', prologue: Uint8Array.of(1), staticKey });
    const { symmetric } = initiator as unknown as { symmetric: object };
    const buffers = buffersOf(secretsOf(symmetric));
    initiator.destroy();
    expect(buffers.map(hex)).toEqual([zero, zero]);
  });
});
