import { AssignerProtocol, type Assigner } from 'kafkajs';
import { assignSticky, type Claim } from './sticky-assignment.js';

const nothing: Claim = { generation: -1, owned: [], draining: false, release: '' };

/** Reads a claim; one that is not ours to read is no claim. Members of before name no release. */
function parseClaim(userData: Buffer): Claim {
  try {
    const { generation, owned, draining, release, since } = JSON.parse(
      userData.toString('utf8'),
    ) as Partial<Claim>;
    if (typeof generation !== 'number' || !Array.isArray(owned)) return nothing;
    return {
      generation,
      owned: owned.filter((partition) => Number.isInteger(partition)),
      draining: draining === true,
      release: typeof release === 'string' ? release : '',
      since: typeof since === 'number' ? since : undefined,
    };
  } catch {
    return nothing;
  }
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
