import { ConnectReason, Product } from '@causeway/content';
import type { Clock } from '@causeway/lifecycle';
import { splitSessionKey } from '@causeway/contracts/ids';
import { wireOf, type GatekeeperProfile } from '@causeway/profiles';
import type { Logger } from '@causeway/telemetry';
import {
  defaultWireLimits,
  type UpstreamAdvice,
  UpstreamConnection,
  type UpstreamError,
} from '@causeway/transport';
import type { Stanza } from '@causeway/xml';
import type { NoiseKeys } from '../noise-keys/noise-keys.service.js';
import {
  LinkRefused,
  type EndAdvice,
  type LinkEnd,
  type LinkFactory,
  type UpstreamLink,
} from '../sessions/ports.js';
import { GatekeeperLink } from './gatekeeper-link.js';

const CONNECT_REASONS = {
  user: ConnectReason.USER_ACTIVATED,
  push: ConnectReason.PUSH,
  reconnect: ConnectReason.ERROR_RECONNECT,
  deletion: ConnectReason.USER_ACTIVATED,
} as const;

const PRODUCTS = { interop: Product.INTEROP, interop_msgr: Product.INTEROP_MSGR } as const;

/** Opens connections over the wire that a gatekeeper's profile describes. */
export class GatekeeperLinks implements LinkFactory {
  constructor(
    private readonly profiles: ReadonlyMap<string, GatekeeperProfile>,
    private readonly noiseKeys: NoiseKeys,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** @throws {LinkRefused} `gatekeeper_unknown`, `key_unavailable` */
  async create({ sessionKey, token, reason }: Parameters<LinkFactory['create']>[0]): Promise<UpstreamLink> {
    const profile = this.profiles.get(splitSessionKey(sessionKey).gatekeeper);
    if (profile === undefined) throw new LinkRefused({ code: 'gatekeeper_unknown', advice: 'stop' });
    const noiseKey = await this.noiseKeys.open(sessionKey).catch((cause: unknown) => {
      throw new LinkRefused({ code: 'key_unavailable', advice: 'back-off' }, { cause });
    });
    return new GatekeeperLink((handlers) => {
      return new UpstreamConnection({
        profile: wireOf(profile, defaultWireLimits),
        noiseKey,
        login: {
          accountId: BigInt(token.accountNumber),
          token: token.token,
          enableReadReceipts: token.readReceipts,
          connectReason: CONNECT_REASONS[reason],
          passive: true,
          pull: true,
          product: PRODUCTS[profile.product],
        },
        ...handlers,
        logger: this.logger,
        clock: this.clock,
      });
    });
  }
}

/** What an upstream connection reports. */
export interface LinkHandlers {
  readonly onStanza: (received: Stanza) => Promise<void>;
  readonly onUnreadable: (unreadable: { readonly head?: Stanza | undefined }) => void;
  readonly onClosed: (reason: UpstreamError) => void;
}

const ADVICE: Readonly<Record<UpstreamAdvice, EndAdvice>> = {
  restart: 'restart',
  reconnect: 'reconnect',
  reconnect_later: 'back-off',
  slow_down: 'slow-down',
  pause: 'pause',
  refresh_token: 'fresh-token',
  check_owner: 'check-owner',
  enlist_again: 'stop',
  stop: 'stop',
  // Of requests, which end nothing.
  fix_request: 'back-off',
  retry_request: 'back-off',
};

/** @returns how the session treats the end that the transport gives advice about. */
export function endOf({ code, advice, waitMs }: UpstreamError): LinkEnd {
  return { code, advice: ADVICE[advice], ...(waitMs !== undefined && { waitMs }) };
}
