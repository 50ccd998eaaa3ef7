import { socketCloseCodes, type ServerFrame } from '@causeway/contracts/fanout';
import type { DeviceId } from '@causeway/contracts/ids';
import { limits } from '@causeway/limits';
import type { FanoutMetrics } from '../fanout-metrics.js';
import type { DeviceSocket } from './device-socket.js';

/** The device sockets of this pod, at most one per device. */
export class SocketRegistry {
  readonly #sockets = new Map<DeviceId, DeviceSocket>();

  constructor(private readonly metrics: FanoutMetrics) {}

  get size(): number {
    return this.#sockets.size;
  }

  get full(): boolean {
    return this.size >= limits.socketsPerPod.value;
  }

  /** Registers a socket; an older one of the same device is told that another took over. */
  add(socket: DeviceSocket): void {
    void this.#sockets.get(socket.device.deviceId)?.close(socketCloseCodes.replaced);
    this.#sockets.set(socket.device.deviceId, socket);
    this.metrics.sockets.set(this.#sockets.size);
  }

  remove(socket: DeviceSocket): void {
    if (this.#sockets.get(socket.device.deviceId) === socket) this.#sockets.delete(socket.device.deviceId);
    this.metrics.sockets.set(this.#sockets.size);
  }

  get(deviceId: string): DeviceSocket | undefined {
    return this.#sockets.get(deviceId as DeviceId);
  }

  /** Tells a device something, if its socket is here. */
  tell(deviceId: string, frame: ServerFrame): void {
    this.get(deviceId)?.send(frame);
  }

  all(): Iterable<DeviceSocket> {
    return this.#sockets.values();
  }
}
