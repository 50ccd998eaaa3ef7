import { afterEach, expect, it, vi } from 'vitest';
import { GrantMemory } from './grant-memory.js';

afterEach(() => vi.useRealTimers());

it('finds what was kept of a kind, until it expires or is destroyed', async () => {
  vi.useFakeTimers();
  const memory = new GrantMemory();
  const grants = memory.adapter('Grant');
  await grants.upsert('1', { kind: 'Grant', accountId: 'alice' }, 60);
  await grants.upsert('2', { kind: 'Grant', accountId: 'bob' }, 60);
  expect(await grants.find('1')).toMatchObject({ accountId: 'alice' });
  expect(await memory.adapter('Session').find('1')).toBeUndefined();
  await grants.destroy('2');
  expect(await grants.find('2')).toBeUndefined();
  vi.advanceTimersByTime(60_000);
  expect(await grants.find('1')).toBeUndefined();
});

it('keeps a thousand entries, and the newest of them', async () => {
  const grants = new GrantMemory().adapter('Grant');
  for (let n = 0; n <= 1000; n += 1) await grants.upsert(String(n), { kind: 'Grant' });
  expect(await grants.find('0')).toBeUndefined();
  expect(await grants.find('1')).toBeDefined();
  expect(await grants.find('1000')).toBeDefined();
});
