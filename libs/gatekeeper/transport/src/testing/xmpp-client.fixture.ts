import type { Stanza } from '@causeway/xml';
import { systemClock } from '@causeway/lifecycle';
import {
  Resumptions,
  Rfc6120Connection,
  type Rfc6120ConnectionOptions,
  type Rfc6120Limits,
  type UpstreamError,
} from '../index.js';
import { secret, type XmppServer } from './xmpp-server.fixture.js';

/** A connection with everything that it reported. */
export interface XmppClient {
  readonly connection: Rfc6120Connection;
  readonly stanzas: Stanza[];
  readonly unreadable: (Stanza | undefined)[];
  readonly closed: UpstreamError[];
  readonly warnings: unknown[];
  readonly resumptions: Resumptions;
}

export function newXmppClient(
  server: XmppServer,
  changes: Partial<Rfc6120ConnectionOptions> = {},
  limits: Partial<Rfc6120Limits> = {},
): XmppClient {
  const stanzas: Stanza[] = [];
  const unreadable: (Stanza | undefined)[] = [];
  const closed: UpstreamError[] = [];
  const warnings: unknown[] = [];
  const resumptions = changes.resumptions ?? new Resumptions(systemClock);
  const connection = new Rfc6120Connection({
    profile: server.profile(limits),
    dial: server.dial,
    login: { localpart: '7-1', secret, resource: 'x' },
    resumptions,
    sessionKey: 'session',
    onStanza: (received) => void stanzas.push(received),
    onUnreadable: ({ head }) => void unreadable.push(head),
    onClosed: (reason) => void closed.push(reason),
    logger: { warn: (fields, message) => void warnings.push({ ...fields, message }) },
    ...changes,
  });
  return { connection, stanzas, unreadable, closed, warnings, resumptions };
}
