/**
 * How surely one sample tends to be larger than another, by the rank-sum test of Mann and Whitney, with ties counted
 * half. It asks nothing of the form of the distributions, so that a few slow answers do not hide a small difference.
 * @returns standard deviations from what chance alone would give: beyond ±4 chance gives once in 15,000 runs; 0 of an
 *   empty sample
 */
export function rankSumDeviation(one: readonly number[], other: readonly number[]): number {
  const all = [
    ...one.map((value) => ({ value, own: true })),
    ...other.map((value) => ({ value, own: false })),
  ];
  all.sort((a, b) => a.value - b.value);
  let [rankSum, tied] = [0, 0];
  for (let from = 0; from < all.length;) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const size = to - from;
    // Each of equal values has the mean of their ranks, which begin with 1.
    const rank = from + (size + 1) / 2;
    rankSum += rank * all.slice(from, to).filter(({ own }) => own).length;
    tied += size ** 3 - size;
    from = to;
  }
  const [n, m] = [one.length, other.length];
  const total = n + m;
  const above = rankSum - (n * (n + 1)) / 2 - (n * m) / 2;
  const variance = ((n * m) / 12) * (total + 1 - tied / (total * (total - 1)));
  return variance > 0 ? above / Math.sqrt(variance) : 0;
}
