import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { SOCKET_PATH } from '@causeway/contracts/fanout';
import { fetchAccessToken } from 'causeway/journey';
import type { Column } from '../column/column.js';

/** A device whose connection stands still: it is accepted, and then nothing is ever read from it. */
export class StalledDevice {
  private constructor(private readonly socket: Socket) {}

  /** Opens the socket of a registered device by hand, since a WebSocket of a library reads by itself. */
  static async connect({ endpoints }: Column, user: string, deviceId: string): Promise<StalledDevice> {
    const token = await fetchAccessToken(endpoints.tokenUrl, user);
    const { hostname, port } = new URL(endpoints.services.fanout);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const lines = [
      `GET ${SOCKET_PATH}?device=${deviceId} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      `Authorization: Bearer ${token}`,
    ];
    socket.on('error', () => undefined);
    socket.pause();
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return new StalledDevice(socket);
  }

  /** Goes away at last. */
  end(): void {
    this.socket.destroy();
  }
}
