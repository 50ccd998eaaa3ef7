import type { Custody, serviceNames } from 'causeway/stack';

/** A failpoint on the way of a message. */
export interface MessagePoint {
  readonly name: string;
  readonly service: (typeof serviceNames)[number];
  /** Whose message passes it: the device's (`out`) or the phone's (`in`). */
  readonly way: 'out' | 'in';
}

/** What stands between others: passed over in the short tour. */
const between = new Set([
  'fanout.accepted.consumed',
  'fanout.accepted.rung',
  'fanout.accepted.delivered',
  'fanout.message.consumed',
  'fanout.ack.removed',
]);

/** @returns one point for each stage of a message. */
export function oneForEachStage(points: readonly MessagePoint[]): readonly MessagePoint[] {
  return points.filter(({ name }) => !between.has(name));
}

type Service = MessagePoint['service'];
type Way = MessagePoint['way'];

const along = (way: Way, service: Service, names: readonly string[]): MessagePoint[] =>
  names.map((name) => ({ name: `${service}.${name}`, service, way }));

/**
 * The points of a message in the order in which it passes them. Under custody `provider` it is accepted when it is
 * stored here, and its commands travel by the outbox; under custody `gatekeeper` nothing is kept here.
 */
export const messagePoints: Readonly<Record<Custody, readonly MessagePoint[]>> = {
  gatekeeper: [
    ...along('out', 'fanout', ['send.received', 'send.produced']),
    ...along('out', 'session', ['send.consumed', 'send.sent', 'send.acked', 'accepted.produced']),
    ...along('out', 'fanout', [
      'accepted.consumed',
      'accepted.stored',
      'accepted.rung',
      'accepted.delivered',
    ]),
    ...along('in', 'session', ['message.received', 'message.produced']),
    ...along('in', 'fanout', ['message.consumed', 'message.stored', 'message.rung', 'message.delivered']),
    ...along('in', 'fanout', ['ack.received', 'ack.produced', 'ack.removed']),
    ...along('in', 'session', ['ack.consumed', 'ack.settled']),
  ],
  provider: [
    ...along('out', 'fanout', ['send.received', 'submission.committed', 'submission.answered']),
    ...along('out', 'fanout', ['outbox.read', 'outbox.published', 'outbox.deleted']),
    ...along('out', 'session', ['send.consumed', 'send.sent', 'send.acked', 'accepted.produced']),
    ...along('out', 'fanout', ['accepted.consumed', 'submission.settled']),
    ...along('in', 'session', ['message.received', 'message.produced']),
    ...along('in', 'fanout', ['message.consumed', 'message.stored', 'message.rung', 'message.delivered']),
    ...along('in', 'fanout', ['outbox.read', 'outbox.published', 'outbox.deleted']),
    ...along('in', 'session', ['ack.consumed', 'ack.settled']),
    ...along('in', 'fanout', ['ack.received', 'ack.produced', 'ack.removed']),
  ],
};
