import { limits } from '@causeway/limits';
import { expect, it } from 'vitest';
import { TunnelRegistry } from './tunnel-registry.js';

it('has room for so many tunnels of one address, and takes back what is given back once', () => {
  const registry = new TunnelRegistry();
  const rooms = Array.from({ length: limits.tunnelsPerAddress.value }, () => registry.reserve('192.0.2.1'));
  expect(rooms.every((room) => room !== undefined)).toBe(true);
  expect(registry.reserve('192.0.2.1')).toBeUndefined();
  expect(registry.reserve('192.0.2.2')).toBeDefined();
  rooms[0]?.();
  rooms[0]?.();
  expect(registry.reserve('192.0.2.1')).toBeDefined();
  expect(registry.reserve('192.0.2.1')).toBeUndefined();
});

it('has room for so many tunnels of all addresses', () => {
  const registry = new TunnelRegistry();
  const rooms = Array.from({ length: limits.tunnelsPerPod.value }, (_, i) =>
    registry.reserve(`10.0.${i >> 8}.${i & 255}`),
  );
  expect(rooms.every((room) => room !== undefined)).toBe(true);
  expect(registry.reserve('192.0.2.1')).toBeUndefined();
  rooms.at(-1)?.();
  expect(registry.reserve(undefined)).toBeDefined();
});
