import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRelayKey, RelayError, RelaySeal } from './index.js';

function connection(name = 'session#1') {
  const [fanoutKey, sessionKey] = [createRelayKey(), createRelayKey()];
  return {
    fanout: new RelaySeal('fanout', fanoutKey, sessionKey.publicKey, name),
    session: new RelaySeal('session', sessionKey, fanoutKey.publicKey, name),
    fanoutKey,
    sessionKey,
  };
}

describe('RelaySeal', () => {
  it('carries any bytes both ways', () => {
    const { fanout, session } = connection();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.string(), (bytes, context) => {
        expect(session.open(context, fanout.seal(context, bytes))).toEqual(Buffer.from(bytes));
        expect(fanout.open(context, session.seal(context, bytes))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 50 },
    );
  });

  it('does not open in another context, connection or direction', () => {
    const { fanout, session, fanoutKey, sessionKey } = connection();
    const sealed = fanout.seal('message.send 1', Buffer.from('x'));
    const elsewhere = new RelaySeal('session', sessionKey, fanoutKey.publicKey, 'session#2');
    for (const open of [
      () => session.open('message.send 2', sealed),
      () => elsewhere.open('message.send 1', sealed),
      () => fanout.open('message.send 1', sealed),
      () => connection().session.open('message.send 1', sealed),
    ]) {
      expect(open).toThrow(new RelayError('relay_body_unreadable'));
    }
  });

  it('opens nothing once destroyed', () => {
    const { fanout, session } = connection();
    const sealed = fanout.seal('m', Buffer.from('x'));
    session.destroy();
    expect(() => session.open('m', sealed)).toThrow(new RelayError('relay_seal_destroyed'));
  });

  it('refuses arbitrary bytes with the closed error only', () => {
    const { session } = connection();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => session.open('m', Buffer.from(bytes).toString('base64'))).toThrow(RelayError);
      }),
    );
  });

  it.each(['', 'AAAA', Buffer.alloc(32).toString('base64')])('refuses the peer key %j', (peer) => {
    expect(() => new RelaySeal('fanout', createRelayKey(), peer, 'c')).toThrow(
      new RelayError('relay_key_invalid'),
    );
  });
});
