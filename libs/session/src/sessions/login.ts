import { bodyContext, connectionName } from '@causeway/contracts/events';
import { splitSessionKey } from '@causeway/contracts/ids';
import { createRelayKey, encodeBody, RelaySeal } from '@causeway/relay';
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
  #end: LinkEnd | undefined;
  /** Tells whoever waits now. */
  #onEnd: (end: LinkEnd) => void = () => undefined;
  #connection: Connection | undefined;
  /** When the Noise key that a deletion is to destroy was last asked for. */
  #noiseKeyRequestedAt: string | undefined;
  #succeededAtMs: number | undefined;

  constructor(
    private readonly opened: Command<'open'>,
    private readonly deps: SessionDependencies,
    private readonly commands: CommandQueue,
    private readonly how: LoginOptions = {},
  ) {}

  /** When the gatekeeper let it in, monotonic milliseconds; undefined when it did not. */
  get succeededAtMs(): number | undefined {
    return this.#succeededAtMs;
  }

  /** Ends it at once, whatever it waits for; what was not settled the gatekeeper delivers again. */
  end(end: LinkEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#onEnd(end);
  }

  /**
   * Carries it out. Never throws. An open session waits here, for hours and beside thousands of others: of the login it
   * holds nothing any more, neither token nor key.
   */
  async run(): Promise<LinkEnd> {
    try {
      const link = await this.#link();
      try {
        if (this.opened.reason === 'deletion') return await this.#remove(link);
        await this.#open(link);
        return await new Promise<LinkEnd>((resolve) => this.#whenEnded(resolve));
      } finally {
        this.#over();
        await link.close();
      }
    } catch (error) {
      if (this.#succeededAtMs === undefined) this.#count('refused');
      return this.#endOf(error);
    }
  }

  async #link(): Promise<UpstreamLink> {
    const { reason, sessionKey, epoch } = this.opened;
    const { ownership } = this.deps;
    if (!ownership.sure && !(await this.#whileAlive(ownership.becomesSure()))) {
      throw new LinkRefused(ownershipUnsure);
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
    const onEnd = (end: LinkEnd) => this.end(end);
    const link = new GuardedLink(opened, ownership, onEnd);
    link.onEnd(onEnd);
    return link;
  }

  /** Logs in, and tells device and gatekeeper that the session is there. */
  async #open(link: UpstreamLink): Promise<void> {
    const { seal, relayKey } = this.#createSeal();
    const connection = this.#connectionOver(link, seal);
    this.#connection = connection;
    const announced = this.#receive(link, new Incoming(connection));
    const { address } = await this.#logIn(link);
    this.deps.metrics.open.inc({ gatekeeper: this.opened.gatekeeper });
    await this.#whileAlive(this.#announce(seal, relayKey, address, connection.window.lastRef));
    announced();
    this.commands.connected(connection);
    await this.#whileAlive(this.how.keys?.loggedIn(link) ?? Promise.resolve());
    await this.#whileAlive(link.query(buildActive(), limits.queryDeadlineMs.value));
    // Beside everything else, and behind it.
    this.how.keys?.compare(link).catch((error: unknown) => this.#failed(error));
  }

  #over(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    if (this.#succeededAtMs !== undefined) {
      this.deps.metrics.open.dec({ gatekeeper: this.opened.gatekeeper });
    }
    this.commands.disconnected();
    connection.over();
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
    const inOrder = (work: () => Promise<void>) => {
      order = order
        .then(() => (this.#connection === undefined ? undefined : work()))
        .catch((error: unknown) => this.#failed(error));
      return order;
    };
    link.onStanza((received) => inOrder(() => incoming.accept(received)));
    link.onUnreadable((head) => inOrder(() => incoming.refuse(head)));
    return announced.resolve;
  }

  async #announce(
    seal: RelaySeal | undefined,
    relayKey: string | undefined,
    jid: string,
    afterRef: number,
  ): Promise<void> {
    const body = encodeBody(seal, bodyContext({ type: 'opened' }), { jid });
    const relay = relayKey === undefined ? {} : { relayKey };
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

  #connectionOver(link: UpstreamLink, seal: RelaySeal | undefined): Connection {
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

  /** @returns what seals content to the device's connection, and our public key that the other end needs for it */
  #createSeal(): { readonly seal?: RelaySeal; readonly relayKey?: string } {
    const { relayKey: peer, sessionKey, epoch } = this.opened;
    if (peer === undefined) return {};
    const own = createRelayKey();
    const seal = new RelaySeal('session', own, peer, connectionName(sessionKey, epoch));
    return { seal, relayKey: own.publicKey };
  }

  get #owner() {
    const { userId, gatekeeper } = this.opened;
    return { userId, deviceId: splitSessionKey(this.opened.sessionKey).deviceId, gatekeeper };
  }

  /**
   * Waits for work as long as the login lives; one wait at a time. A race with a promise of the end would not do: what is
   * left of each race hangs on that promise as long as the session is open.
   * @throws {LinkRefused} with its end
   */
  #whileAlive<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      work.then(resolve, reject);
      this.#whenEnded((end) => reject(new LinkRefused(end)));
    });
  }

  #whenEnded(tell: (end: LinkEnd) => void): void {
    this.#onEnd = tell;
    if (this.#end !== undefined) tell(this.#end);
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
