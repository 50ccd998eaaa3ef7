/** What a member says of itself when it joins. */
export interface Claim {
  readonly generation: number;
  /** In the order in which it was given them, the latest last. */
  readonly owned: readonly number[];
  /** It is about to leave: whatever it were given would move again at once. */
  readonly draining: boolean;
  /** Which release of the deployment it is of; empty when nobody says. */
  readonly release: string;
  /** The generation in which it first had a place in the group; undefined when this is the first. */
  readonly since?: number | undefined;
}

/** Members with what they are given, in the order in which they were given it. */
type Shares = Map<string, number[]>;

/**
 * Splits partitions evenly and moves as few as possible: each member keeps what it has up to its share; of two that
 * claim a partition the later generation is right. Who drains gets nothing, unless all do.
 *
 * While members of two releases are there, one takes the place of the other. Then members of the older release gain
 * nothing, for they will go; what nobody has goes to the newer one, up to twice a share; and what was gained last is
 * given on first. So no partition moves more than twice in a rollout that goes one by one.
 */
export function assignSticky(partitions: number, claims: ReadonlyMap<string, Claim>): Shares {
  const staying = new Map([...claims].filter(([, claim]) => !claim.draining));
  if (staying.size === 0) return assignAmong(partitions, claims);
  const none = [...claims.keys()].filter((member) => !staying.has(member));
  return new Map([
    ...assignAmong(partitions, staying),
    ...none.map((member): [string, number[]] => [member, []]),
  ]);
}

function assignAmong(partitions: number, claims: ReadonlyMap<string, Claim>): Shares {
  const shares = claimed(partitions, claims);
  const heirs = heirsOf(claims);
  if (heirs.length < claims.size) {
    hand(unowned(partitions, shares), shares, heirs, 2 * Math.ceil(partitions / claims.size));
    fill(shares, heirs, Math.floor(partitions / claims.size));
    hand(unowned(partitions, shares), shares, [...shares.keys()], partitions);
    return shares;
  }
  return evened(partitions, shares);
}

/** What each member may keep of what it claims. */
function claimed(partitions: number, claims: ReadonlyMap<string, Claim>): Shares {
  const owner = new Map<number, { member: string; generation: number }>();
  for (const [member, { generation, owned }] of claims) {
    for (const partition of owned) {
      const rival = owner.get(partition);
      if (partition < 0 || partition >= partitions || (rival && rival.generation >= generation)) continue;
      owner.set(partition, { member, generation });
    }
  }
  const mine = (member: string, owned: readonly number[]) =>
    [...new Set(owned)].filter((partition) => owner.get(partition)?.member === member);
  return new Map([...claims].sort(byName).map(([member, { owned }]) => [member, mine(member, owned)]));
}

/** The members of the release that came last; all, where there is one release. */
function heirsOf(claims: ReadonlyMap<string, Claim>): string[] {
  const since = ({ since: generation = Number.POSITIVE_INFINITY }: Claim) => generation;
  const [latest] = [...claims.values()].sort((one, two) => since(two) - since(one));
  return [...claims].filter(([, { release }]) => release === latest?.release).map(([member]) => member);
}

function unowned(partitions: number, shares: Shares): number[] {
  const owned = new Set([...shares.values()].flat());
  return Array.from({ length: partitions }, (_, partition) => partition).filter((one) => !owned.has(one));
}

/** Hands partitions to whoever of these has least, while that is less than `most`. */
function hand(free: readonly number[], shares: Shares, to: readonly string[], most: number): void {
  for (const partition of free) {
    const least = smallest(shares, to);
    if (least.length >= most) return;
    least.push(partition);
  }
}

/** Gives these members what they lack of a share, from whoever has most, and there what was gained last. */
function fill(shares: Shares, to: readonly string[], share: number): void {
  for (;;) {
    const least = smallest(shares, to);
    const most = [...shares.values()].reduce((one, two) => (two.length > one.length ? two : one));
    const last = most.at(-1);
    if (least.length >= share || most.length <= share || last === undefined) return;
    most.pop();
    least.push(last);
  }
}

function smallest(shares: Shares, members: readonly string[]): number[] {
  const candidates = members.map((member) => shares.get(member) ?? []);
  return candidates.reduce((one, two) => (two.length < one.length ? two : one));
}

/** Shares that differ by one at most; those with the most keep the larger ones. */
function evened(partitions: number, shares: Shares): Shares {
  const ranked = [...shares.values()].sort((one, two) => two.length - one.length);
  const share = (rank: number) =>
    Math.floor(partitions / ranked.length) + (rank < partitions % ranked.length ? 1 : 0);
  ranked.forEach((owned, rank) => void owned.splice(share(rank)));
  const free = unowned(partitions, shares);
  ranked.forEach((owned, rank) => owned.push(...free.splice(0, share(rank) - owned.length)));
  return shares;
}

function byName([one]: [string, unknown], [two]: [string, unknown]): number {
  return one < two ? -1 : 1;
}
