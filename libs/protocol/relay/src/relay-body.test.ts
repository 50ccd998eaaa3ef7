import { describe, expect, it } from 'vitest';
import { createRelayKey, decodeBody, encodeBody, RelayError, RelaySeal } from './index.js';

const [mine, theirs] = [createRelayKey(), createRelayKey()];
const fanout = new RelaySeal('fanout', mine, theirs.publicKey, 'c');
const session = new RelaySeal('session', theirs, mine.publicKey, 'c');
const value = { to: 'somebody', text: 'ü' };

describe('relay bodies', () => {
  it('are sealed when there is a seal and clear when there is none', () => {
    const sealed = encodeBody(fanout, 'm 1', value);
    expect(JSON.stringify(sealed)).not.toContain('somebody');
    expect(decodeBody(session, 'm 1', sealed)).toEqual(value);
    expect(decodeBody(undefined, 'm 1', encodeBody(undefined, 'm 1', value))).toEqual(value);
  });

  it('are unreadable where the custody does not fit', () => {
    const unreadable = new RelayError('relay_body_unreadable');
    expect(() => decodeBody(undefined, 'm 1', encodeBody(fanout, 'm 1', value))).toThrow(unreadable);
    expect(() => decodeBody(session, 'm 1', encodeBody(undefined, 'm 1', value))).toThrow(unreadable);
    expect(() => decodeBody(session, 'm 1', { sealed: fanout.seal('m 1', Buffer.from('{')) })).toThrow(
      unreadable,
    );
  });
});
