import { expect, it } from 'vitest';
import { FibonacciDelay } from './fibonacci-delay.js';

const capMs = 900_000;

it('waits in Fibonacci steps up to 15 minutes and starts again after a stable connection', () => {
  const delay = new FibonacciDelay(capMs, () => 0.5);
  expect(Array.from({ length: 6 }, () => delay.next())).toEqual([1000, 1000, 2000, 3000, 5000, 8000]);
  for (let i = 0; i < 20; i += 1) delay.next();
  expect(delay.next()).toBe(900_000);
  delay.reset();
  expect(delay.next()).toBe(1000);
});

it('spreads by at most a tenth', () => {
  expect(new FibonacciDelay(capMs, () => 0).next()).toBe(900);
  expect(new FibonacciDelay(capMs, () => 1).next()).toBe(1100);
});
