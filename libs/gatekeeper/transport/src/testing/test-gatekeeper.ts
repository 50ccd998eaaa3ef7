import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { bundledDictionary, decodeStanza, encodeStanza, packFrame, unpackFrame } from '@causeway/binary-xml';
import { type ClientPayload, decodeClientPayload, decodeHandshake, encodeHandshake } from '@causeway/content';
import {
  FrameReader,
  generateStaticKey,
  NoiseResponder,
  type NoiseTransport,
  type TranscriptRule,
  writeFrame,
} from '@causeway/noise';
import { stanza, type Stanza } from '@causeway/xml';
import WebSocket, { WebSocketServer } from 'ws';
import { defaultWireLimits, type WireLimits, type WireProfile } from '../index.js';
import { TestAuthority } from './test-certificates.js';

const header = Buffer.from('57410603', 'hex');
const dictionary = bundledDictionary();
const limits = { maxBytes: 1 << 24, maxDepth: 32, maxElements: 10_000, maxAttributes: 64 };

/** The server's end of one connection, after the handshake. */
export class TestConnection {
  readonly received: Stanza[] = [];

  constructor(
    readonly socket: WebSocket,
    readonly transport: NoiseTransport,
    readonly payload: ClientPayload,
    readonly clientStatic: Uint8Array,
  ) {}

  frame(element: Stanza, form: 'plain' | 'zlib' = 'plain'): Uint8Array {
    return this.rawFrame(packFrame(encodeStanza(element, { dictionary, direction: 'server' }), form));
  }

  /** A frame of any plaintext, under the right key. */
  rawFrame(plaintext: Uint8Array): Uint8Array {
    return writeFrame(this.transport.encrypt(plaintext));
  }

  /** All these stanzas in one WebSocket message. */
  send(...stanzas: Stanza[]): void {
    this.socket.send(Buffer.concat(stanzas.map((element) => this.frame(element))));
  }

  success(): void {
    this.send(stanza('success', { t: '1700000000' }));
  }
}

export interface TestGatekeeperOptions {
  readonly transcript?: TranscriptRule;
  /** After the handshake; by default `<success>`. */
  readonly onLogin?: (connection: TestConnection) => void;
  readonly onStanza?: (connection: TestConnection, received: Stanza) => void;
  /** What the server sends instead of its hello. */
  readonly hello?: (good: Uint8Array) => Uint8Array;
  readonly chainValidUntil?: bigint;
}

/** A gatekeeper on loopback that shakes hands as a responder and then does what the test says. */
export class TestGatekeeper {
  readonly connections: TestConnection[] = [];
  /** First bytes of each connection, before any parsing. */
  readonly openings: Buffer[] = [];
  readonly sockets: WebSocket[] = [];
  readonly origins: (string | undefined)[] = [];
  readonly authority = new TestAuthority();
  private readonly staticKey = generateStaticKey().key;

  private constructor(
    private readonly server: WebSocketServer,
    private readonly options: TestGatekeeperOptions,
  ) {
    server.on('connection', (socket, request) => {
      this.origins.push(request.headers.origin);
      this.accept(socket);
    });
  }

  static async start(options: TestGatekeeperOptions = {}): Promise<TestGatekeeper> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    return new TestGatekeeper(server, options);
  }

  get url(): string {
    return `ws://127.0.0.1:${String((this.server.address() as AddressInfo).port)}/chat`;
  }

  profile(changes: Partial<WireProfile> = {}, limitChanges: Partial<WireLimits> = {}): WireProfile {
    return {
      url: this.url,
      transcript: this.options.transcript ?? 'wa',
      header: header.toString('hex'),
      rootPublicKey: this.authority.rootPublicKey,
      codec: 'binary',
      dictionary,
      limits: { ...defaultWireLimits, ...limitChanges },
      ...changes,
    };
  }

  async stop(): Promise<void> {
    for (const socket of this.server.clients) socket.terminate();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(socket: WebSocket): void {
    this.sockets.push(socket);
    const reader = new FrameReader(1 << 24);
    const responder = new NoiseResponder({
      transcript: this.options.transcript ?? 'wa',
      prologue: header,
      staticKey: this.staticKey,
    });
    let opened = false;
    let connection: TestConnection | undefined;
    // One after the other: the handshake's steps are asynchronous.
    let work = Promise.resolve();
    const handle = async (frame: Uint8Array) => {
      if (connection !== undefined) return this.onFrame(connection, frame);
      const { clientHello, clientFinish } = decodeHandshake(frame);
      if (clientHello?.ephemeral) {
        await responder.readMessage({ ephemeral: clientHello.ephemeral });
        socket.send(await this.hello(responder));
      } else if (clientFinish?.static && clientFinish.payload) {
        const finish = await responder.readMessage({
          static: clientFinish.static,
          payload: clientFinish.payload,
        });
        const payload = decodeClientPayload(finish.payload);
        const remote = finish.remoteStatic ?? new Uint8Array();
        connection = new TestConnection(socket, responder.transport(), payload, remote);
        this.connections.push(connection);
        if (this.options.onLogin === undefined) connection.success();
        else this.options.onLogin(connection);
      }
    };
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      if (!opened) this.openings.push(data);
      const chunk = opened ? data : data.subarray(data.indexOf(header) + header.length);
      opened = true;
      for (const frame of reader.push(chunk))
        work = work.then(() => handle(frame)).catch(() => socket.terminate());
    });
  }

  private async hello(responder: NoiseResponder): Promise<Uint8Array> {
    const chain = this.authority.chainFor(this.staticKey.publicKey(), this.options.chainValidUntil);
    const { ephemeral, static: encrypted, payload } = await responder.writeMessage(chain);
    const serverHello = {
      ephemeral: Uint8Array.from(ephemeral ?? []),
      static: Uint8Array.from(encrypted ?? []),
      payload: Uint8Array.from(payload ?? []),
    };
    const good = writeFrame(encodeHandshake({ serverHello }));
    return this.options.hello?.(good) ?? good;
  }

  private onFrame(connection: TestConnection, frame: Uint8Array): void {
    const body = unpackFrame(connection.transport.decrypt(frame), limits.maxBytes);
    const received = decodeStanza(body, { dictionary, limits, direction: 'client' });
    connection.received.push(received);
    this.options.onStanza?.(connection, received);
  }
}
