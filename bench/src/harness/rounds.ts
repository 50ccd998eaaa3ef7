/**
 * Measures variants in turns, so that whatever else the machine does meets all of them alike: each round measures
 * every variant once, beginning with another one each time. Ends after the rounds, or when the budget is spent.
 * @returns per variant what its rounds gave
 */
export async function interleave<Variant, Result>(
  variants: readonly Variant[],
  limit: { readonly rounds: number; readonly budgetMs: number },
  measure: (variant: Variant, round: number) => Promise<Result>,
): Promise<Map<Variant, Result[]>> {
  const results = new Map<Variant, Result[]>(variants.map((variant) => [variant, []]));
  const startedAt = performance.now();
  for (let round = 0; round < limit.rounds; round++) {
    const spent = performance.now() - startedAt;
    if (round > 0 && spent + spent / round > limit.budgetMs) break;
    for (let index = 0; index < variants.length; index++) {
      const variant = variants[(index + round) % variants.length] as Variant;
      results.get(variant)?.push(await measure(variant, round));
    }
  }
  return results;
}
