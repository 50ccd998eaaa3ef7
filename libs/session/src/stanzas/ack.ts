import { stanza, type Stanza, textAttr } from '@causeway/xml';

/** Exchanges of their own, which nobody settles. */
const NEVER_SETTLED: readonly string[] = ['ack', 'ib', 'iq', 'presence', 'chatstate'];

/** What is needed of a received stanza to settle it later. */
export interface Settleable {
  /** The stanza's tag: `message`, `receipt`, `notification`, `call`, or one that is not known here. */
  readonly stanzaClass: string;
  readonly id: string;
  /** As it came, so that the answer is addressed by the same bytes. */
  readonly from: Stanza['attrs'][string];
  readonly type?: string;
  readonly participant?: Stanza['attrs'][string];
}

/** @returns what settles a stanza later, or undefined when it has no id or sender to answer to. */
export function settleableOf(received: Stanza): Settleable | undefined {
  const { from, participant } = received.attrs;
  const id = textAttr(received, 'id');
  const type = textAttr(received, 'type');
  const stanzaClass = received.tag;
  if (id === undefined || from === undefined || NEVER_SETTLED.includes(stanzaClass)) return undefined;
  return {
    stanzaClass,
    id,
    from,
    ...(type !== undefined && { type }),
    ...(participant !== undefined && { participant }),
  };
}

/** `<ack class id to [type] [participant]>`: settles a stanza; what is not settled is delivered again. */
export function buildAck(of: Settleable): Stanza {
  const { stanzaClass, id, from: to, type, participant } = of;
  return stanza('ack', {
    class: stanzaClass,
    id,
    to,
    type: stanzaClass === 'message' ? undefined : type,
    participant,
  });
}

/** Settles a stanza that cannot be used, with the wire's reason code; it is not delivered again. */
export function buildNack(of: Settleable, error: number): Stanza {
  const ack = buildAck(of);
  return stanza('ack', { ...ack.attrs, error: error.toString() });
}

/** Tells the sender that the device has the message; this also settles it. */
export function buildDelivered(of: Settleable): Stanza {
  return stanza('receipt', { id: of.id, to: of.from, participant: of.participant });
}
