import { createHash } from 'node:crypto';
import { ConnectReason, Product } from '@causeway/content';
import type { Clock } from '@causeway/lifecycle';
import { splitSessionKey } from '@causeway/contracts/ids';
import { wireOf, type GatekeeperProfile } from '@causeway/profiles';
import type { Logger } from '@causeway/telemetry';
import {
  defaultRfc6120Limits,
  defaultWireLimits,
  Resumptions,
  Rfc6120Connection,
  type UpstreamAdvice,
  UpstreamConnection,
  UpstreamError,
  type Rfc6120Profile,
  type WireProfile,
} from '@causeway/transport';
import type { NoiseKeySource } from '../noise-keys/noise-key-source.js';
import {
  LinkRefused,
  type EndAdvice,
  type LinkEnd,
  type LinkFactory,
  type UpstreamLink,
} from '../sessions/ports.js';
import { GatekeeperLink } from './gatekeeper-link.js';
import type { LinkHandlers } from './wire-connection.js';
import { UpstreamDialers, type Outbound } from './upstream-dialers.js';

const CONNECT_REASONS = {
  user: ConnectReason.USER_ACTIVATED,
  push: ConnectReason.PUSH,
  reconnect: ConnectReason.ERROR_RECONNECT,
  deletion: ConnectReason.USER_ACTIVATED,
} as const;

const PRODUCTS = { interop: Product.INTEROP, interop_msgr: Product.INTEROP_MSGR } as const;

type Login = Parameters<LinkFactory['create']>[0];

const DEFAULT_LIMITS = { binary: defaultWireLimits, xmpp: defaultRfc6120Limits };
const wireFor = (profile: GatekeeperProfile) => wireOf(profile, DEFAULT_LIMITS);

/** Opens connections over the wire that a gatekeeper's profile describes. */
export class GatekeeperLinks implements LinkFactory {
  /** Sessions at XMPP servers that outlive their connection; no other pod can resume them. */
  readonly #resumptions: Resumptions;
  readonly #dialers: UpstreamDialers;
  /** Made once: a wire holds its dictionary. */
  readonly #wires: ReadonlyMap<string, ReturnType<typeof wireFor>>;

  constructor(
    private readonly profiles: ReadonlyMap<string, GatekeeperProfile>,
    private readonly noiseKeys: Readonly<Record<GatekeeperProfile['noiseKeys'], NoiseKeySource>>,
    private readonly outbound: Outbound,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.#wires = new Map([...profiles].map(([id, profile]) => [id, wireFor(profile)]));
    this.#resumptions = new Resumptions(clock);
    this.#dialers = new UpstreamDialers(profiles, outbound.ca);
  }

  /** @throws {LinkRefused} `gatekeeper_unknown`, `key_unavailable` */
  async create(login: Login): Promise<UpstreamLink> {
    const { gatekeeper } = splitSessionKey(login.sessionKey);
    const [profile, wire] = [this.profiles.get(gatekeeper), this.#wires.get(gatekeeper)];
    if (profile === undefined || wire === undefined) {
      throw new LinkRefused({ code: 'gatekeeper_unknown', advice: 'stop' });
    }
    if (wire.codec === 'xmpp') return this.#overXmpp(wire, profile, login);
    return this.#overNoise(wire, profile, login);
  }

  async #overNoise(
    wire: WireProfile,
    gatekeeper: GatekeeperProfile,
    { sessionKey, epoch, token, reason, edgeRouting }: Login,
  ): Promise<UpstreamLink> {
    const login = { sessionKey, epoch, enlistedKey: token.noisePublicKey };
    const noiseKey = await this.noiseKeys[gatekeeper.noiseKeys].open(login).catch((cause: unknown) => {
      throw new LinkRefused({ code: 'key_unavailable', advice: 'back-off' }, { cause });
    });
    const { headers, dial } = this.#dialers.of(gatekeeper, await this.outbound.addressOf(sessionKey));
    const open = (handlers: LinkHandlers) => {
      return new UpstreamConnection({
        profile: wire,
        dial,
        headers,
        noiseKey,
        login: {
          accountId: BigInt(token.accountNumber),
          token: token.token,
          enableReadReceipts: token.readReceipts,
          connectReason: CONNECT_REASONS[reason],
          passive: true,
          pull: true,
          product: PRODUCTS[gatekeeper.product],
        },
        ...(edgeRouting !== undefined && { edgeRouting }),
        ...handlers,
        logger: this.logger,
        clock: this.clock,
      });
    };
    // The gatekeeper does not say it: it is what the enlistment gave.
    return new GatekeeperLink(open, always(`${token.integrator}-${token.accountNumber}@interop`));
  }

  async #overXmpp(
    wire: Rfc6120Profile,
    gatekeeper: GatekeeperProfile,
    { sessionKey, token }: Login,
  ): Promise<UpstreamLink> {
    const { dial } = this.#dialers.of(gatekeeper, await this.outbound.addressOf(sessionKey));
    const ca = wire.ca ?? this.outbound.ca();
    const login = {
      localpart: `${token.integrator}-${token.accountNumber}`,
      secret: token.token,
      resource: resourceOf(sessionKey),
    };
    const open = (handlers: LinkHandlers) => {
      return new Rfc6120Connection({
        profile: { ...wire, ...(ca !== undefined && { ca }) },
        dial,
        login,
        resumptions: this.#resumptions,
        sessionKey,
        ...handlers,
        logger: this.logger,
        clock: this.clock,
      });
    };
    return new GatekeeperLink(open, accountOf);
  }
}

/** Made here, it holds the address alone: in the middle of the login it would hold the token and the key as well. */
function always(address: string): () => string {
  return () => address;
}

function accountOf({ account }: { readonly account: string }): string {
  return account;
}

/** Peers see a resource: it tells one installation from another, and nothing else about it. */
function resourceOf(sessionKey: string): string {
  return createHash('sha256').update(`resource ${sessionKey}`).digest('base64url').slice(0, 16);
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
export function endOf({ code, advice, waitMs, status }: UpstreamError): LinkEnd {
  return {
    code,
    advice: ADVICE[advice],
    ...(waitMs !== undefined && { waitMs }),
    ...(status !== undefined && { status }),
  };
}
