import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OptInRequest } from '@causeway/contracts/accounts';
import { DeviceFrame, ServerFrame } from '@causeway/contracts/fanout';
import { PublishKeysRequest } from '@causeway/contracts/keys';
import { UPLOADS_PATH, RELAY_PATH } from '@causeway/contracts/media';
import type { WireBundle } from '@causeway/contracts/upstream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { FakeMedia, bodyOf, end } from './fake-media.js';

type Without<T, Key extends string> = T extends unknown ? Omit<T, Key> : never;
type Unaddressed = Without<ServerFrame, 'gatekeeper'>;
/** What is delivered until the device acknowledges it. */
export type Delivery = Without<Extract<ServerFrame, { delivery: string }>, 'gatekeeper' | 'delivery'>;

/** What is known of one device: its keys, its socket, and what it has not acknowledged. */
export interface FakeDevice {
  readonly id: string;
  readonly jid: string;
  state: 'none' | 'enlisting' | 'enlisted' | 'deleting' | 'deleted';
  keys: PublishKeysRequest | undefined;
  socket: WebSocket | undefined;
  readonly undelivered: Map<string, Delivery & { delivery: string }>;
  connections: number;
}

/**
 * Provider and gatekeeper in one, as devices see them: it checks every frame against the contracts and passes messages
 * from device to device. Tests break it on purpose through its hooks.
 */
export class FakeProvider {
  readonly devices = new Map<string, FakeDevice>();
  readonly media = new FakeMedia();
  /** Every frame that devices sent. */
  readonly frames: DeviceFrame[] = [];
  /** What happens to a message: it is accepted and passed on unless a test says otherwise. */
  onSend: (
    frame: Extract<DeviceFrame, { type: 'send' }>,
  ) => 'accept' | 'drop' | { refuse: string; retryable: boolean } = () => 'accept';
  /** Changes messages on their way. */
  onDeliver: (frame: Delivery) => Delivery[] = (frame) => [frame];
  acknowledges = true;
  private readonly http = createServer((request, response) => void this.handle(request, response));
  private readonly sockets = new WebSocketServer({ server: this.http });
  private deliveries = 0;

  constructor() {
    this.sockets.on('connection', (socket, request) => this.connected(socket, request));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.http.listen(0, '127.0.0.1', resolve));
  }

  /** Base URL of every service. */
  get base(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets.clients) socket.terminate();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  /** Delivers to a device until it acknowledges. */
  deliver(to: FakeDevice, frame: Delivery): void {
    for (const one of this.onDeliver(frame)) {
      const delivery = `e.${++this.deliveries}`;
      const named = { ...one, delivery };
      to.undelivered.set(delivery, named);
      this.tell(to, named);
    }
  }

  tell(to: FakeDevice, frame: Unaddressed): void {
    const checked = ServerFrame.parse({ ...frame, gatekeeper: 'simulator' });
    to.socket?.send(JSON.stringify(checked));
  }

  byJid(jid: string): FakeDevice | undefined {
    return [...this.devices.values()].find((device) => device.jid === jid);
  }

  private connected(socket: WebSocket, request: IncomingMessage): void {
    const id = new URL(request.url ?? '', 'http://x').searchParams.get('device') ?? '';
    const device = this.devices.get(id);
    if (device === undefined) return socket.close(4401);
    device.socket?.close(4409);
    device.socket = socket;
    device.connections += 1;
    this.tell(device, { type: 'session', state: 'opening' });
    if (device.state !== 'enlisted') return this.tell(device, { type: 'session', state: 'withdrawn' });
    this.tell(device, { type: 'session', state: 'open', jid: device.jid });
    for (const frame of device.undelivered.values()) this.tell(device, frame);
    socket.on('message', (data) => {
      if (device.socket === socket) this.frame(device, DeviceFrame.parse(JSON.parse(String(data))));
    });
  }

  private frame(from: FakeDevice, frame: DeviceFrame): void {
    this.frames.push(frame);
    if (frame.type === 'send') this.send(from, frame);
    if (frame.type === 'ack') this.acknowledged(from, frame.deliveries);
    if (frame.type === 'typing') {
      const peer = this.byJid(frame.typing.to);
      if (peer) this.tell(peer, { type: 'typing', typing: { from: from.jid, state: frame.typing.state } });
    }
    if (frame.type === 'receipt') {
      const { to, ...receipt } = frame.receipt;
      const peer = this.byJid(to);
      if (peer)
        this.deliver(peer, { type: 'receipt', receipt: { ...receipt, from: from.jid, timestamp: 1 } });
    }
    if (frame.type === 'query') {
      const { correlationId, query } = frame;
      const bundle = this.takeBundle(query.peer);
      const answer = bundle
        ? { kind: 'bundle' as const, peer: query.peer, bundle }
        : { kind: 'failed' as const, code: 'recipient_unknown' };
      this.tell(from, { type: 'answer', correlationId, answer });
    }
  }

  private send(from: FakeDevice, frame: Extract<DeviceFrame, { type: 'send' }>): void {
    const { id, message } = frame;
    const fate = this.onSend(frame);
    if (fate === 'drop') return;
    if (fate !== 'accept') {
      return this.tell(from, { type: 'refused', id, code: fate.refuse, retryable: fate.retryable });
    }
    this.tell(from, { type: 'accepted', id, timestamp: 1 });
    const peer = this.byJid(message.to);
    const { encrypted, retryCount } = message;
    const retry = retryCount === undefined ? {} : { retryCount };
    const incoming = { id, from: from.jid, timestamp: 1_700_000_000, encrypted, ...retry };
    if (peer) this.deliver(peer, { type: 'message', message: incoming });
  }

  private acknowledged(device: FakeDevice, deliveries: readonly string[]): void {
    if (!this.acknowledges) return;
    for (const delivery of deliveries) {
      const frame = device.undelivered.get(delivery);
      device.undelivered.delete(delivery);
      const sender = frame?.type === 'message' ? this.byJid(frame.message.from) : undefined;
      if (frame?.type !== 'message' || sender === undefined) continue;
      const receipt = { from: device.jid, kind: 'delivered' as const, ids: [frame.message.id], timestamp: 1 };
      this.deliver(sender, { type: 'receipt', receipt });
    }
  }

  private takeBundle(jid: string): WireBundle | undefined {
    const keys = this.byJid(jid)?.keys;
    if (keys === undefined) return undefined;
    const { registrationId, identityKey, signedPreKey } = keys;
    const preKey = keys.preKeys.shift();
    return { registrationId, identityKey, signedPreKey, ...(preKey && { preKey }) };
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://x');
    if (url.pathname.startsWith(UPLOADS_PATH) || url.pathname.startsWith(RELAY_PATH)) {
      return this.media.handle(request, response, url);
    }
    const text = (await bodyOf(request)).toString();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    if (url.pathname === '/v1/devices') return this.register(response);
    const device = this.devices.get(url.pathname.split('/')[3] ?? '');
    if (device === undefined) return end(response, 404, { code: 'device_unknown' });
    if (url.pathname.endsWith('/keys')) return this.publish(request, response, device, body);
    if (request.method === 'PUT') {
      OptInRequest.parse(body);
      device.state = 'enlisting';
    } else if (request.method === 'DELETE') device.state = 'deleting';
    else if (device.state === 'enlisting') device.state = 'enlisted';
    else if (device.state === 'deleting') device.state = 'deleted';
    end(response, 200, { optInId: randomUUID(), gatekeeper: 'simulator', state: device.state });
  }

  private register(response: ServerResponse): void {
    const id = randomUUID();
    const jid = `12-${this.devices.size + 1}@interop`;
    const device: FakeDevice = {
      id,
      jid,
      state: 'none',
      keys: undefined,
      socket: undefined,
      undelivered: new Map(),
      connections: 0,
    };
    this.devices.set(id, device);
    end(response, 201, { deviceId: id, userId: randomUUID() });
  }

  private publish(
    request: IncomingMessage,
    response: ServerResponse,
    device: FakeDevice,
    body: unknown,
  ): void {
    if (request.method === 'PUT') {
      const published = PublishKeysRequest.parse(body);
      device.keys = { ...published, preKeys: [...(device.keys?.preKeys ?? []), ...published.preKeys] };
    }
    if (device.keys === undefined) return end(response, 404, { code: 'keys_unknown' });
    end(response, 200, { available: device.keys.preKeys.length, uploaded: 0 });
  }
}
