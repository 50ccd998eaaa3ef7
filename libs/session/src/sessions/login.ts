import { bodyContext, connectionName } from '@causeway/contracts/events';
import { splitSessionKey } from '@causeway/contracts/ids';
import { createRelayKey, encodeBody, RelaySeal, type RelayKeyPair } from '@causeway/relay';
import { limits } from '@causeway/limits';
import { buildActive, buildRemoval } from '../stanzas/control.js';
import { GuardedLink } from '../ownership/guarded-link.js';
import { ownershipUnsure } from '../ownership/ownership-guard.js';
import type { UpstreamKeys } from '../prekeys/upstream-keys.js';
import type { CommandQueue } from './command-queue.js';
import { Connection } from './connection.js';
import { Incoming } from './incoming.js';
import {
  LinkRefused,
  TokenDenied,
  type Command,
  type EndAdvice,
  type LinkEnd,
  type LoggedIn,
  type UpstreamLink,
} from './ports.js';
import type { SessionDependencies } from './upstream-session.js';

/** What the gatekeeper says of an account that it no longer has. */
const GONE = 'account_unknown';

export interface LoginOptions {
  /** With a token that was not used before: the gatekeeper did not take the last one. */
  readonly freshToken?: boolean;
  /** What the gatekeeper said in an earlier login that the next one is to begin with. */
  readonly edgeRouting?: Uint8Array | undefined;
  readonly onEdgeRouting?: (blob: Uint8Array) => void;
  /** What the gatekeeper holds of this session's keys; a login that only deletes needs none. */
  readonly keys?: UpstreamKeys;
  /** The gatekeeper let it in. */
  readonly onLoggedIn?: () => void;
}

/** One login of a session, from its token to its end. */
export class Login {
  readonly #ended = Promise.withResolvers<LinkEnd>();
  readonly #over: Promise<never>;
  readonly #own: RelayKeyPair = createRelayKey();
  #serving = false;
  /** When the Noise key that a deletion is to destroy was last asked for. */
  #noiseKeyRequestedAt: string | undefined;
  #succeededAtMs: number | undefined;

  constructor(
    private readonly opened: Command<'open'>,
    private readonly deps: SessionDependencies,
    private readonly commands: CommandQueue,
    private readonly how: LoginOptions = {},
  ) {
    this.#over = this.#ended.promise.then((end): never => {
      throw new LinkRefused(end);
    });
    this.#over.catch(() => undefined);
  }

  /** When the gatekeeper let it in, monotonic milliseconds; undefined when it did not. */
  get succeededAtMs(): number | undefined {
    return this.#succeededAtMs;
  }

  /** Ends it at once, whatever it waits for; what was not settled the gatekeeper delivers again. */
  end(end: LinkEnd): void {
    this.#ended.resolve(end);
  }

  /** Carries it out. Never throws. */
  async run(): Promise<LinkEnd> {
    try {
      return await this.#connect();
    } catch (error) {
      if (this.#succeededAtMs === undefined) this.#count('refused');
      return this.#endOf(error);
    }
  }

  async #connect(): Promise<LinkEnd> {
    const { reason, sessionKey, epoch } = this.opened;
    const { ownership } = this.deps;
    if (!ownership.sure && !(await this.#whileAlive(ownership.becomesSure()))) {
      return ownershipUnsure;
    }
    const purpose = reason === 'deletion' ? 'deletion' : 'login';
    // Before the token, which accounts mints only while the account is there: the key is still the old one.
    if (purpose === 'deletion') {
      this.#noiseKeyRequestedAt = await this.#whileAlive(this.deps.keptNoiseKeys.requestedAt(sessionKey));
    }
    const fresh = this.how.freshToken === true ? { fresh: true } : {};
    const token = await this.#whileAlive(this.deps.tokens.get({ sessionKey, purpose, ...fresh }));
    const { edgeRouting } = this.how;
    const routing = edgeRouting === undefined ? {} : { edgeRouting };
    const opened = await this.#whileAlive(
      this.deps.links.create({ sessionKey, epoch, token, reason, ...routing }),
    );
    const link = new GuardedLink(opened, ownership, (end) => this.end(end));
    link.onEnd((end) => this.end(end));
    try {
      return await this.#serve(link);
    } finally {
      await link.close();
    }
  }

  async #serve(link: UpstreamLink): Promise<LinkEnd> {
    if (this.opened.reason === 'deletion') return this.#remove(link);
    const { gatekeeper } = this.opened;
    const seal = this.#createSeal();
    const connection = this.#connection(link, seal);
    const announced = this.#receive(link, new Incoming(connection));
    try {
      const { address } = await this.#logIn(link);
      this.deps.metrics.open.inc({ gatekeeper });
      try {
        await this.#whileAlive(this.#announce(seal, address, connection.window.lastRef));
        announced();
        this.commands.connected(connection);
        await this.#whileAlive(this.how.keys?.loggedIn(link) ?? Promise.resolve());
        await this.#whileAlive(link.query(buildActive(), limits.queryDeadlineMs.value));
        // Beside everything else, and behind it.
        this.how.keys?.compare(link).catch((error: unknown) => this.#failed(error));
        return await this.#ended.promise;
      } finally {
        this.deps.metrics.open.dec({ gatekeeper });
      }
    } finally {
      this.#serving = false;
      this.commands.disconnected();
      connection.over();
    }
  }

  async #logIn(link: UpstreamLink): Promise<LoggedIn> {
    const loggedIn = await this.#whileAlive(link.connect());
    this.#succeededAtMs = this.deps.clock.monotonicMs();
    this.#count('success');
    this.how.onLoggedIn?.();
    return loggedIn;
  }

  /**
   * Takes what the gatekeeper sends, one after another.
   * @returns to be called once the device knows the key to which content is sealed; nothing is handed on before
   */
  #receive(link: UpstreamLink, incoming: Incoming): () => void {
    const announced = Promise.withResolvers<void>();
    let order = announced.promise;
    this.#serving = true;
    const inOrder = (work: () => Promise<void>) => {
      order = order
        .then(() => (this.#serving ? work() : undefined))
        .catch((error: unknown) => this.#failed(error));
      return order;
    };
    link.onStanza((received) => inOrder(() => incoming.accept(received)));
    link.onUnreadable((head) => inOrder(() => incoming.refuse(head)));
    return announced.resolve;
  }

  async #announce(seal: RelaySeal | undefined, jid: string, afterRef: number): Promise<void> {
    const body = encodeBody(seal, bodyContext({ type: 'opened' }), { jid });
    const relay = seal === undefined ? {} : { relayKey: this.#own.publicKey };
    const { sessionKey, gatekeeper, epoch } = this.opened;
    const connection = { sessionKey, gatekeeper, epoch, ...relay, afterRef };
    await this.deps.events.downstream({ type: 'opened', ...connection, body });
    await this.deps.events.session({ type: 'opened', ...this.#owner, epoch, at: this.deps.clock.now() });
  }

  async #remove(link: UpstreamLink): Promise<LinkEnd> {
    try {
      await this.#logIn(link);
      await this.#whileAlive(link.query(buildRemoval(), limits.queryDeadlineMs.value));
    } catch (error) {
      // An earlier request was carried out and its confirmation lost: the account is as gone as it can be.
      if (!(error instanceof LinkRefused && error.end.code === GONE)) throw error;
    }
    await this.deps.events.session({ type: 'deletion.confirmed', ...this.#owner });
    await this.#destroyNoiseKey();
    return { code: 'deleted', advice: 'stop' };
  }

  /** The user may have enlisted anew since the event, while this pod stood still: that key stays. */
  async #destroyNoiseKey(): Promise<void> {
    const requestedAt = this.#noiseKeyRequestedAt;
    if (requestedAt === undefined) return;
    await this.deps.keptNoiseKeys.destroyOld(this.opened.sessionKey, requestedAt);
  }

  #connection(link: UpstreamLink, seal: RelaySeal | undefined): Connection {
    const { sessionKey, gatekeeper, epoch } = this.opened;
    const { dedupeKey, events, metrics, clock } = this.deps;
    const end = (code: string, advice: EndAdvice) => this.end({ code, advice });
    const onEdgeRouting = (blob: Uint8Array) => this.how.onEdgeRouting?.(blob);
    return new Connection(
      link,
      { sessionKey, gatekeeper, epoch },
      this.#owner,
      seal,
      dedupeKey,
      events,
      metrics,
      clock,
      end,
      onEdgeRouting,
      this.how.keys,
    );
  }

  #createSeal(): RelaySeal | undefined {
    const { relayKey, sessionKey, epoch } = this.opened;
    if (relayKey === undefined) return undefined;
    return new RelaySeal('session', this.#own, relayKey, connectionName(sessionKey, epoch));
  }

  get #owner() {
    const { userId, gatekeeper } = this.opened;
    return { userId, deviceId: splitSessionKey(this.opened.sessionKey).deviceId, gatekeeper };
  }

  /** Waits for work as long as the login lives. @throws {LinkRefused} with its end */
  #whileAlive<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#over]);
  }

  #failed(error: unknown): void {
    this.deps.logger.warn({ err: error }, 'a received stanza could not be handed on; the connection ends');
    this.end({ code: 'relay_unavailable', advice: 'reconnect' });
  }

  #endOf(error: unknown): LinkEnd {
    if (error instanceof LinkRefused) return error.end;
    if (error instanceof TokenDenied) return { code: error.code, advice: error.final ? 'stop' : 'back-off' };
    this.deps.logger.error({ err: error }, 'login failed');
    return { code: 'login_refused', advice: 'back-off' };
  }

  #count(outcome: 'success' | 'refused'): void {
    this.deps.metrics.logins.inc({ gatekeeper: this.opened.gatekeeper, outcome });
  }
}
