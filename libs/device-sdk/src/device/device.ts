import { join } from 'node:path';
import { encodeMessage } from '@causeway/content';
import type { OptInResponse } from '@causeway/contracts/accounts';
import { AccountsClient } from '../api/accounts.js';
import { HttpClient } from '../api/http-client.js';
import { KeysClient } from '../api/keys.js';
import { MediaClient } from '../api/media.js';
import { DeviceSocket } from '../api/socket.js';
import { ChatSocket, type ChatSocketParts } from '../gatekeeper/chat-socket.js';
import { systemClock } from '../clock.js';
import type { Clock } from '../clock.js';
import { DeviceStore } from '../store/device-store.js';
import { x3dhSuite } from '../suites/x3dh/suite.js';
import { integratorOf, peerOf, recipientOf } from './addresses.js';
import { Composer, fileContent, mimetypeOf, newStanzaId } from './compose.js';
import type { FileKind, SendRequest } from './compose.js';
import { Connection } from './connection.js';
import { Enrolment } from './enrolment.js';
import type { OptInConsent } from './enrolment.js';
import { DeviceError } from './errors.js';
import { DeviceEmitter } from './events.js';
import type { MessageShown } from './events.js';
import { KeyPublisher } from './key-publisher.js';
import { MediaFiles, mediaKindOf } from './media-files.js';
import { NoiseKey } from './noise-key.js';
import { annexMediaPath } from './options.js';
import type { DeviceOptions } from './options.js';
import { Presenter } from './presenter.js';

const defaultMaxMediaBytes = 256 * 1024 * 1024;
const defaultWaitMs = 30_000;

/**
 * The reference device: one installation of the provider's app, for one user and one gatekeeper. It alone holds the
 * private keys and the plaintext; everything it must not lose is in its folder.
 */
export class Device {
  readonly events = new DeviceEmitter();
  private readonly store: DeviceStore;
  private readonly clock: Clock;
  private readonly files: MediaFiles;
  private readonly composer: Composer;
  private readonly presenter: Presenter;
  private readonly enrolment: Enrolment;
  private readonly keys: KeyPublisher;
  private readonly connection: Connection;

  /** @throws StoreError when the folder cannot be used */
  constructor(options: DeviceOptions) {
    const { endpoints, dataDir, accessToken, gatekeeper, suite = x3dhSuite } = options;
    const { clock = systemClock, random = Math.random } = options;
    this.clock = clock;
    this.store = DeviceStore.open(join(dataDir, 'device.sqlite'), gatekeeper, () => clock.now());
    const { store, events } = this;
    const http = new HttpClient(accessToken, clock, random);
    const deviceId = () => this.enrolment.deviceId();
    const keysClient = new KeysClient(http, endpoints.keys);
    this.keys = new KeyPublisher(store, keysClient, gatekeeper, deviceId, (signed) =>
      this.connection.rotateSignedPreKey(signed),
    );
    const accounts = new AccountsClient(http, endpoints.accounts);
    const noiseKey = new NoiseKey(store.meta, clock);
    const { own } = options;
    const parts = own && {
      own,
      gatekeeper,
      accounts,
      accessToken,
      keys: store.keys,
      noiseKey,
      clock,
      random,
    };
    const ownParts = parts && ((id: string): ChatSocketParts => ({ ...parts, deviceId: id }));
    this.enrolment = new Enrolment({
      store,
      accounts,
      keys: this.keys,
      noiseKey,
      gatekeeper,
      clock,
      ...(ownParts && { own: ownParts }),
    });
    this.files = new MediaFiles({
      folder: join(dataDir, 'media'),
      client: new MediaClient(accessToken, endpoints.media, gatekeeper),
      clock,
      random,
      maxBytes: options.maxMediaBytes ?? defaultMaxMediaBytes,
      pathTemplate: options.mediaPathTemplate ?? annexMediaPath,
    });
    this.composer = new Composer(store, () => clock.now());
    this.presenter = new Presenter({ gatekeeper, store, files: this.files, events, deviceId });
    const { keys, presenter } = this;
    const base = endpoints.fanout;
    this.connection = new Connection({
      socket: (id, listener) =>
        ownParts
          ? new ChatSocket(ownParts(id), listener)
          : new DeviceSocket({ base, accessToken, deviceId: id, clock, random }, listener),
      gatekeeper,
      store,
      suite,
      events,
      keys,
      noiseKey,
      presenter,
      clock,
      random,
    });
  }

  /** Registers the installation with the provider. @returns the device's id */
  register(name?: string): Promise<string> {
    return this.enrolment.register(name);
  }

  /** Publishes the device's public keys, and one-time prekeys if few are left. */
  publishKeys(): Promise<void> {
    return this.keys.publish();
  }

  /**
   * Registers and publishes keys if need be, gives consent and waits until the user is enlisted.
   * @throws DeviceError, ApiError
   */
  optIn(request: OptInConsent, withinMs = defaultWaitMs): Promise<OptInResponse> {
    return this.enrolment.optIn(request, withinMs);
  }

  /** Withdraws consent, refuses what waits to be sent, and waits until the gatekeeper has deleted the account. */
  async optOut(withinMs = defaultWaitMs): Promise<OptInResponse> {
    const result = await this.enrolment.optOut(withinMs);
    for (const id of this.store.outgoing.refuseAll())
      this.events.tell('refused', { id, code: 'not_enlisted' });
    return result;
  }

  /**
   * Connects to the provider and stays connected until `disconnect`.
   * @returns once the session with the gatekeeper is open
   * @throws DeviceError `not_registered`, `connect_timeout`, `session_refused`
   */
  async connect(withinMs = defaultWaitMs): Promise<void> {
    const deviceId = this.enrolment.deviceId();
    this.presenter.kick();
    await this.connection.start(deviceId, withinMs);
  }

  /** Leaves; what waits stays in the folder for the next connection. */
  disconnect(): void {
    this.connection.stop();
  }

  /** Disconnects and closes the folder; the object is of no more use. */
  async close(): Promise<void> {
    this.presenter.stop();
    await this.connection.close();
    this.store.close();
  }

  /**
   * Sends, or queues until there is a connection: `accepted` or `refused` follows as an event. Typing is dropped
   * without a connection; a read receipt waits for one and gets no answer.
   * @returns the id of the message
   * @throws DeviceError, StoreError, ContentError, MediaError, ApiError
   */
  async send(request: SendRequest): Promise<{ id: string }> {
    const recipient = recipientOf(request.to);
    const { kind } = request;
    if (kind === 'typing') return this.connection.sendTyping(recipient, request.text === 'paused');
    if (kind === 'read') return this.connection.sendRead(recipient, request.id);
    if (this.store.peers.hasChangedIdentity(recipient)) throw new DeviceError('identity_changed');
    const id = newStanzaId();
    if (kind === 'text' || kind === 'reply' || kind === 'reaction') {
      const plaintext = encodeMessage(this.composer.content(kind, recipient, request));
      const stanzaType = kind === 'reaction' ? 'reaction' : 'text';
      this.store.outgoing.add({ id, recipient, stanzaType, plaintext });
    } else {
      const plaintext = encodeMessage(await this.withFile(kind, id, request));
      this.store.outgoing.add({ id, recipient, stanzaType: 'media', plaintext });
    }
    this.connection.kick();
    return { id };
  }

  /** The user accepts that a peer's identity key changed; what waited for it is sent. */
  acceptIdentity(peer: string): void {
    const { name } = peerOf(peer);
    this.store.transaction(() => {
      this.store.peers.acceptChange(name);
      this.store.outgoing.clearEncrypted(name);
    });
    this.connection.kick();
  }

  /** @returns the newest received messages, oldest first. */
  received(limit = 100): MessageShown[] {
    return this.presenter.newest(limit);
  }

  /**
   * Fetches the file of a received message again, after its message was shown with a `mediaError`.
   * @returns the message, or undefined when it is unknown
   */
  fetchFile(message: { readonly from: string; readonly id: string }): Promise<MessageShown | undefined> {
    return this.presenter.fetch(peerOf(message.from).name, message.id);
  }

  private async withFile(kind: FileKind, id: string, request: SendRequest) {
    const { file } = request;
    if (file === undefined) throw new DeviceError('content_missing');
    const ownJid = this.store.meta.text('own_jid');
    const integrator = ownJid === undefined ? undefined : integratorOf(ownJid);
    // Our number with the gatekeeper is part of the path, and known from the first session on.
    if (integrator === undefined) throw new DeviceError('not_connected');
    const deviceId = this.enrolment.deviceId();
    const mimetype = mimetypeOf(kind, request);
    const media = await this.files.put({ id, deviceId, integrator, file, mimetype, kind: mediaKindOf(kind) });
    return fileContent(kind, media, request);
  }
}
