import { AssignerProtocol, type Assigner } from 'kafkajs';

/** What a member says of itself when it joins. */
interface Claim {
  readonly generation: number;
  readonly owned: readonly number[];
  /** It is about to leave: whatever it were given would move again at once. */
  readonly draining: boolean;
}

const nothing: Claim = { generation: -1, owned: [], draining: false };

/** Reads a claim; one that is not ours to read is no claim. */
function parseClaim(userData: Buffer): Claim {
  try {
    const { generation, owned, draining } = JSON.parse(userData.toString('utf8')) as Partial<Claim>;
    if (typeof generation !== 'number' || !Array.isArray(owned)) return nothing;
    return {
      generation,
      owned: owned.filter((partition) => Number.isInteger(partition)),
      draining: draining === true,
    };
  } catch {
    return nothing;
  }
}

/**
 * Splits partitions evenly and moves as few as possible: each member keeps what it has up to its share; of two that
 * claim a partition the later generation is right. Members with the most get the larger shares, those that drain get
 * nothing unless all do.
 */
export function assignSticky(partitions: number, claims: ReadonlyMap<string, Claim>): Map<string, number[]> {
  const staying = new Map([...claims].filter(([, claim]) => !claim.draining));
  if (staying.size === 0 || staying.size === claims.size) return assignEvenly(partitions, claims);
  const draining = [...claims.keys()].filter((member) => !staying.has(member));
  const none = draining.map((member): [string, number[]] => [member, []]);
  return new Map([...assignEvenly(partitions, staying), ...none]);
}

function assignEvenly(partitions: number, claims: ReadonlyMap<string, Claim>): Map<string, number[]> {
  const owner = new Map<number, { member: string; generation: number }>();
  for (const [member, { generation, owned }] of claims) {
    for (const partition of owned) {
      const rival = owner.get(partition);
      if (partition < 0 || partition >= partitions || (rival && rival.generation >= generation)) continue;
      owner.set(partition, { member, generation });
    }
  }
  const held = new Map<string, number[]>([...claims.keys()].sort().map((member) => [member, []]));
  const free: number[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const holder = owner.get(partition);
    (holder === undefined ? free : (held.get(holder.member) ?? free)).push(partition);
  }
  const members = [...held.entries()].sort(([, one], [, two]) => two.length - one.length);
  members.forEach(([, owned], rank) => {
    const share = Math.floor(partitions / members.length) + (rank < partitions % members.length ? 1 : 0);
    free.push(...owned.splice(share));
  });
  members.forEach(([, owned], rank) => {
    const share = Math.floor(partitions / members.length) + (rank < partitions % members.length ? 1 : 0);
    owned.push(...free.splice(0, share - owned.length));
  });
  return held;
}

/** The assigner of one member of a group on one topic. */
export function stickyAssigner(topic: string, partitions: number, claim: () => Claim): Assigner {
  const name = 'causeway-sticky';
  const version = 1;
  return {
    name,
    version,
    async assign({ members }) {
      const claims = members.map(({ memberId, memberMetadata }): [string, Claim] => [
        memberId,
        parseClaim(AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData ?? Buffer.alloc(0)),
      ]);
      return [...assignSticky(partitions, new Map(claims))].map(([memberId, owned]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version,
          assignment: { [topic]: owned },
          userData: Buffer.alloc(0),
        }),
      }));
    },
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version,
        topics,
        userData: Buffer.from(JSON.stringify(claim())),
      }),
    }),
  };
}
