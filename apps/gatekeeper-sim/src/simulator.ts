import Fastify, { type FastifyInstance } from 'fastify';
import { AccountDirectory } from './accounts/directory.js';
import { createServerIdentity } from './chat/certificate.js';
import { readDictionary } from './chat/codec/dictionary.js';
import { startChatServer } from './chat/server.js';
import { systemClock } from './clock.js';
import { guardControl } from './control/loopback.js';
import { registerOpenApi } from './control/openapi.js';
import { ServerControl } from './control/server-control.js';
import { registerServerRoutes } from './control/server.js';
import { registerUserRoutes } from './control/users.js';
import { enlistmentPath, registerEnlistment } from './enlistment/routes.js';
import { Exchange } from './exchange.js';
import { Media } from './media/media.js';
import { OwnMediaHost } from './media/own-host.js';
import { MediaProxy } from './media/proxy.js';
import { registerMedia } from './media/routes.js';
import { checkOptions, limitsOf, type Partner, type SimulatorOptions } from './options.js';
import { SimulatorError } from './errors.js';
import { PushSender } from './push/sender.js';
import { createPushSigner } from './push/signer.js';
import { Records } from './records.js';
import type { Switchboard } from './seam.js';
import { createSwitchboard } from './switchboard.js';
import { PartnerKeys } from './tokens/partner-keys.js';
import { TokenVerifier } from './tokens/verify.js';
import { Phones } from './users/phones.js';

/** Where a running simulator is reached, and what clients pin. */
export interface SimulatorEndpoints {
  /** `POST` of the enlistment form. */
  readonly enlistment: string;
  /** WebSocket URL of the chat server. */
  readonly chat: string;
  /** Keys of its push tokens. */
  readonly jwks: string;
  /** Base of the control API. */
  readonly control: string;
  /** Media host: goes before a `directPath`. */
  readonly media: string;
  /** `iss` of its push tokens. */
  readonly pushIssuer: string;
}

export interface Simulator {
  readonly endpoints: SimulatorEndpoints;
  /** The key that signs the chat server's certificate chain, 32 bytes in hexadecimal. */
  readonly rootPublicKey: string;
  /** The control API without HTTP: the server half, and the gatekeeper's own users. */
  readonly control: { readonly server: ServerControl; readonly users: Phones };
  /** By which further users of the gatekeeper can be plugged in. */
  readonly switchboard: Switchboard;
  /** Replaces what is known of the partner, for partners whose addresses are known later. */
  setPartner(partner: Partner): void;
  stop(): Promise<void>;
}

const jwksPath = '/.well-known/jwks';

/**
 * Starts a gatekeeper in this process, all in memory. Throws SimulatorError `production`, `not_loopback` or
 * `invalid_option`, and the system's error when a port cannot be had.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  checkOptions(options);
  const { host = '127.0.0.1', ports = {}, integrator, clock = systemClock, transcript = 'wa' } = options;
  const limits = limitsOf(options);
  let current = options.partner;
  const partner = () => current;

  const records = new Records(limits.records);
  const signer = await createPushSigner(clock);
  const pushes = new PushSender(partner, signer, records, clock, limits);
  const tokens = new TokenVerifier(
    partner,
    new PartnerKeys(() => current.jwksUrl, clock, limits),
    clock,
    limits,
  );
  const accounts = new AccountDirectory(integrator, clock, limits);
  for (const { identifier, keys } of options.accounts ?? []) {
    if (accounts.enlist(identifier, keys) === undefined)
      throw new SimulatorError('invalid_option', 'more accounts than the simulator takes');
  }
  const dedupesById = options.dedupesById ?? true;
  const exchange = new Exchange(accounts, records, clock, limits, dedupesById, (account) =>
    pushes.wake(account),
  );
  const media = new Media(
    new OwnMediaHost(limits),
    new MediaProxy(integrator, partner, records, clock, limits),
  );

  let base = '';
  const switchboard = createSwitchboard(exchange, media, () => base);
  const users = new Phones({ switchboard, clock });
  const server = new ServerControl(exchange, pushes);

  const http = Fastify({ forceCloseConnections: true });
  guardControl(http);
  registerEnlistment(http, accounts, tokens, limits);
  registerMedia(http, media);
  http.get(jwksPath, async () => signer.jwks);
  registerServerRoutes(http, server);
  registerUserRoutes(http, users);
  registerOpenApi(http);

  base = await listen(http, host, ports.http ?? 0);
  const identity = createServerIdentity(options.rootKey);
  const dictionary = readDictionary(options.dictionary);
  const context = { exchange, tokens, identity, transcript, dictionary };
  const chat = await startChatServer(context, host, ports.chat ?? 0).catch(async (error: unknown) => {
    await http.close();
    throw error;
  });
  return {
    endpoints: {
      enlistment: base + enlistmentPath,
      chat: chat.url,
      jwks: base + jwksPath,
      control: `${base}/control`,
      media: base,
      pushIssuer: signer.issuer,
    },
    rootPublicKey: Buffer.from(identity.rootPublicKey).toString('hex'),
    control: { server, users },
    switchboard,
    setPartner: (partner) => {
      current = partner;
    },
    stop: async () => {
      await chat.stop();
      await http.close();
    },
  };
}

async function listen(http: FastifyInstance, host: string, port: number): Promise<string> {
  return (await http.listen({ host, port })).replace(/\/$/, '');
}
