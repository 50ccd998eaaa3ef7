/// <reference types="./login-xmpp.js" />
import { bundledDictionary } from '@causeway/binary-xml';
import { ConnectReason } from '@causeway/content';
import { createDialer } from '@causeway/http';
import { parseAddress } from '@causeway/jid';
import { systemClock, TimerWheel } from '@causeway/lifecycle';
import { staticKeyFrom } from '@causeway/noise';
import { defaultWireLimits, UpstreamConnection } from '@causeway/transport';
import { client } from '@xmpp/client';
import { stanza } from '@causeway/xml';
import type { Account } from './login-accounts.js';

/** One client that is logged in. */
export interface Member {
  /** Ask the other side for a sign of life. */
  readonly ping?: () => Promise<void>;
}

/** Told what becomes of a client after its login. */
export interface Watch {
  readonly lost: () => void;
  /** It has logged in again by itself. */
  readonly back: () => void;
}

/** Logs in the client of one number. */
export type LogIn = (index: number, watch: Watch) => Promise<Member>;

/** Where our sessions log in. */
export interface NoiseTarget {
  readonly url: string;
  readonly rootPublicKey: string;
  readonly accounts: readonly Account[];
}

/** Our upstream connection alone, without a session that would log in again. */
export function noiseLogins({ url, rootPublicKey, accounts }: NoiseTarget): LogIn {
  const profile = {
    url,
    transcript: 'wa' as const,
    header: '57410603',
    rootPublicKey: Uint8Array.from(Buffer.from(rootPublicKey, 'hex')),
    codec: 'binary' as const,
    dictionary: bundledDictionary(),
    limits: defaultWireLimits,
  };
  const clock = new TimerWheel(systemClock);
  // The way that sessions take: the host's address is checked for each connection.
  const way = createDialer({ allowedHosts: [new URL(url).host], allowPrivateAddresses: true });
  const dial = () => way(url);
  return async (index, { lost }) => {
    const account = accounts[index];
    if (account === undefined) throw new Error('no such account');
    const connection = new UpstreamConnection({
      profile,
      noiseKey: staticKeyFrom(Buffer.from(account.privateKey, 'hex')),
      login: {
        accountId: BigInt(account.number),
        token: account.token,
        enableReadReceipts: true,
        connectReason: ConnectReason.USER_ACTIVATED,
        passive: true,
        pull: true,
      },
      onStanza: () => undefined,
      onUnreadable: () => undefined,
      onClosed: lost,
      logger: { warn: () => undefined },
      clock,
      dial,
    });
    await connection.connect();
    const ping = stanza('iq', { to: parseAddress('s.whatsapp.net'), type: 'get', xmlns: 'w:p' }, [
      stanza('ping'),
    ]);
    return { ping: async () => void (await connection.query(ping)) };
  };
}

/** Where bare clients log in: several resources of each of a few accounts. */
export interface XmppTarget {
  readonly port: number;
  readonly domain: string;
  readonly password: string;
  readonly users: number;
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-1';
}

/** @xmpp/client as it is shipped: STARTTLS, SASL, a resource, stream management. */
export function bareLogins({ port, domain, password, users, mechanism }: XmppTarget): LogIn {
  return async (index) => {
    const entity = client({
      service: `xmpp://127.0.0.1:${port}`,
      domain,
      resource: `r${index}`,
      timeout: 60_000,
      credentials: (authenticate) =>
        authenticate({ username: `user${index % users}`, password }, mechanism, undefined),
    });
    entity.on('error', () => undefined);
    entity.reconnect.stop();
    await entity.start();
    return {};
  };
}
