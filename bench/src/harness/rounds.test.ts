import { expect, it } from 'vitest';
import { interleave } from './rounds.js';

it('measures in turns, beginning with another variant each round', async () => {
  const order: string[] = [];
  const results = await interleave(['a', 'b'], { rounds: 3, budgetMs: 60_000 }, async (variant, round) => {
    order.push(variant);
    return round;
  });
  expect(order.join('')).toBe('abbaab');
  expect([...results]).toEqual([
    ['a', [0, 1, 2]],
    ['b', [0, 1, 2]],
  ]);
});

it('measures one round even without a budget', async () => {
  const results = await interleave(['a'], { rounds: 5, budgetMs: 0 }, async () => 1);
  expect(results.get('a')).toEqual([1]);
});
