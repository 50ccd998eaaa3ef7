import { setTimeout as delay } from 'node:timers/promises';
import { DeviceFrame, ServerFrame, SOCKET_PATH } from '@causeway/contracts/fanout';
import { eventually } from '@causeway/testing';
import { fetchAccessToken } from 'causeway/journey';
import type { Column } from '../column/column.js';

const WITHIN_MS = 15_000;

/** The socket of a device that does nothing by itself: it decrypts nothing and acknowledges only what it is told to. */
export class BareDevice {
  readonly #frames: ServerFrame[] = [];
  readonly #socket: WebSocket;

  private constructor(
    url: string,
    token: string,
    private readonly gatekeeper: string,
  ) {
    this.#socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
    this.#socket.addEventListener('message', ({ data }) => {
      this.#frames.push(ServerFrame.parse(JSON.parse(String(data))));
    });
  }

  /** Connects as a registered device and waits until its session with the gatekeeper is open. */
  static async connect({ endpoints }: Column, user: string, deviceId: string): Promise<BareDevice> {
    const token = await fetchAccessToken(endpoints.tokenUrl, user);
    const url = `${endpoints.services.fanout.replace(/^http/, 'ws')}${SOCKET_PATH}?device=${deviceId}`;
    const device = new BareDevice(url, token, endpoints.gatekeeper);
    await device.#frame((frame) => frame.type === 'session' && frame.state === 'open');
    return device;
  }

  /** Waits for a message. @returns the name under which it can be acknowledged */
  async delivered(id: string): Promise<string> {
    const frame = await this.#frame((one) => one.type === 'message' && one.message.id === id);
    return frame.type === 'message' ? frame.delivery : '';
  }

  /** Acknowledges every message from now on, as it comes. @returns the ids, growing, repeated as often as they came */
  acknowledgeAll(): readonly string[] {
    const ids: string[] = [];
    this.#socket.addEventListener('message', ({ data }) => {
      const frame = ServerFrame.parse(JSON.parse(String(data)));
      if (frame.type !== 'message') return;
      ids.push(frame.message.id);
      this.acknowledge(frame.delivery);
    });
    return ids;
  }

  acknowledge(delivery: string): void {
    const frame = DeviceFrame.parse({ type: 'ack', gatekeeper: this.gatekeeper, deliveries: [delivery] });
    this.#socket.send(JSON.stringify(frame));
  }

  /** Closes cleanly, as a device does that goes to sleep. */
  close(): void {
    this.#socket.close(1000);
  }

  #frame(fits: (frame: ServerFrame) => boolean): Promise<ServerFrame> {
    const find = (): ServerFrame => {
      const frame = this.#frames.find(fits);
      if (frame === undefined) throw new Error('the server has not said it');
      return frame;
    };
    return eventually(find, { deadlineMs: WITHIN_MS });
  }
}

/** Looks again and again for a while, since only time can show that something does not happen. */
export async function throughout(ms: number, look: () => Promise<void>): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    await look();
    await delay(100);
  }
}
