import type { DownstreamEvent } from '@causeway/contracts/downstream';
import { DeviceId, GatekeeperId, sessionKeyOf } from '@causeway/contracts/ids';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { frameOf } from './frames.js';

const gatekeeper = GatekeeperId.parse('simulator');
const sessionKey = sessionKeyOf(DeviceId.parse('22222222-2222-4222-8222-222222222222'), gatekeeper);
const connection = { sessionKey, gatekeeper, epoch: 1 };
const body = { clear: {} as never };
const stanza = { ref: 1, dedupe: Buffer.alloc(32).toString('base64'), body };
const peer = '4915550002@s.whatsapp.net';

const cases: [DownstreamEvent, unknown, object][] = [
  [
    { type: 'opened', ...connection, body },
    { jid: 'a@interop' },
    { type: 'session', state: 'open', jid: 'a@interop' },
  ],
  [
    { type: 'closed', ...connection, code: 'x', final: false },
    undefined,
    { type: 'session', state: 'closed', code: 'x' },
  ],
  [
    { type: 'closed', ...connection, code: 'x', final: true },
    undefined,
    { type: 'session', state: 'refused', code: 'x' },
  ],
  [
    { type: 'receipt', ...connection, ...stanza },
    { from: peer, kind: 'read', ids: ['A'], timestamp: 1 },
    { type: 'receipt', delivery: 'e.1', receipt: { from: peer, kind: 'read', ids: ['A'], timestamp: 1 } },
  ],
  [
    { type: 'identity.changed', ...connection, ...stanza },
    { peer },
    { type: 'identity', delivery: 'e.1', identity: { peer } },
  ],
  [
    { type: 'typing', ...connection, body },
    { from: peer, state: 'paused' },
    { type: 'typing', typing: { from: peer, state: 'paused' } },
  ],
  [
    { type: 'answer', ...connection, correlationId: 'q', body },
    { kind: 'failed', code: 'x' },
    { type: 'answer', correlationId: 'q', answer: { kind: 'failed', code: 'x' } },
  ],
  [
    { type: 'accepted', ...connection, id: 'A', timestamp: 2 },
    undefined,
    { type: 'accepted', id: 'A', timestamp: 2 },
  ],
  [
    { type: 'refused', ...connection, id: 'A', code: 'x', retryable: true },
    undefined,
    { type: 'refused', id: 'A', code: 'x', retryable: true },
  ],
];

describe('frameOf', () => {
  it.each(cases)(
    'makes of $type what the contract says, and nothing of how it came',
    (event, value, frame) => {
      expect(frameOf(event, value, 'ref' in event ? 'e.1' : undefined)).toEqual({ gatekeeper, ...frame });
    },
  );

  it.each(cases.filter(([event]) => 'ref' in event))(
    'refuses a body that is not of the contract: $type',
    (event) => {
      expect(() => frameOf(event, { unheard: 'of' }, 'e.1')).toThrow(z.ZodError);
    },
  );
});
