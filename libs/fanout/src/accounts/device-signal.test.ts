import fc from 'fast-check';
import { DeviceId, GatekeeperId } from '@causeway/contracts/ids';
import { describe, expect, it } from 'vitest';
import { decodeDeviceSignal, encodeDeviceSignal, type DeviceSignal } from './device-signal.js';

const deviceId = DeviceId.parse('22222222-2222-4222-8222-222222222222');
const gatekeeper = GatekeeperId.parse('simulator');
const signals: DeviceSignal[] = [
  { type: 'refresh', deviceId },
  { type: 'prekeys-low', deviceId, gatekeeper, available: 0 },
  { type: 'moved', deviceId, gatekeeper },
  { type: 'replaced', deviceId, podId: 'pod-a' },
];

describe('device signals', () => {
  it.each(signals)('of type $type come back as they were', (signal) => {
    expect(decodeDeviceSignal(encodeDeviceSignal(signal))).toEqual(signal);
  });

  it.each([
    '',
    'null',
    '[]',
    '{"type":"unheard-of"}',
    JSON.stringify({ type: 'refresh', deviceId: 'x' }),
    JSON.stringify({ type: 'refresh', deviceId, more: 1 }),
    JSON.stringify({ type: 'prekeys-low', deviceId, gatekeeper, available: -1 }),
  ])('that are none are passed over: %s', (text) => {
    expect(decodeDeviceSignal(text)).toBeUndefined();
  });

  it('never throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(decodeDeviceSignal(text)).toBeUndefined();
      }),
    );
  });
});
