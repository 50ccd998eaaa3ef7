import type { DownstreamEvent } from '@causeway/contracts/downstream';
import { ServerFrame } from '@causeway/contracts/fanout';

/**
 * @param value the event's opened body, if it has one
 * @param delivery under which name the device acknowledges it
 * @returns what the device is told of an event
 * @throws {z.ZodError} when the body is not of the contract
 */
export function frameOf(event: DownstreamEvent, value: unknown, delivery: string | undefined): ServerFrame {
  const { gatekeeper } = event;
  return ServerFrame.parse({ gatekeeper, ...fields(event, value, delivery) });
}

function fields(event: DownstreamEvent, value: unknown, delivery: string | undefined): object {
  switch (event.type) {
    case 'opened':
      return { type: 'session', state: 'open', ...(value as object) };
    case 'closed':
      return { type: 'session', state: event.final ? 'refused' : 'closed', code: event.code };
    case 'message':
      return { type: 'message', delivery, message: value };
    case 'receipt':
      return { type: 'receipt', delivery, receipt: value };
    case 'identity.changed':
      return { type: 'identity', delivery, identity: value };
    case 'typing':
      return { type: 'typing', typing: value };
    case 'answer':
      return { type: 'answer', correlationId: event.correlationId, answer: value };
    case 'noise.dh': {
      const { correlationId, deadline, remotePublicKey, relayKey } = event;
      return { type: 'noise-dh', correlationId, deadline, remotePublicKey, relayKey };
    }
    case 'accepted':
      return { type: 'accepted', id: event.id, timestamp: event.timestamp };
    case 'refused':
      return { ...event };
  }
}
