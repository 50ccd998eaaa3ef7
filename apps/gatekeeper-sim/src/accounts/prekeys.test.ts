import { expect, it } from 'vitest';
import { PreKeyPool } from './prekeys.js';

const key = (id: number) => ({ id, key: new Uint8Array(32).fill(id) });

it('counts one-time prekeys that are offered again after they were handed out, under whatever id', () => {
  const pool = new PreKeyPool(4, 1);
  pool.add([key(1), key(2)]);
  pool.add([key(1), key(2)]);
  expect(pool.repeated).toBe(0);
  expect(pool.take()?.id).toBe(1);
  pool.add([{ ...key(1), id: 3 }, key(2)]);
  expect(pool.repeated).toBe(1);
});
