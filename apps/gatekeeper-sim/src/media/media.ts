import { SimulatorError } from '../errors.js';
import type { OwnMediaHost } from './own-host.js';
import type { Blob } from './own-host.js';
import type { MediaProxy } from './proxy.js';

const proxiedPath = /^\/interop\/whatsapp\/download\/(\d{1,5})\/([^/]+)\/$/;

/** The gatekeeper's media server: its own users' blobs, and the integrator's through the proxy. */
export class Media {
  constructor(
    private readonly own: OwnMediaHost,
    private readonly proxy: MediaProxy,
  ) {}

  store(bytes: Uint8Array, type: string): string {
    return this.own.store(bytes, type);
  }

  /** The blob under a `directPath`, with or without a query. Throws SimulatorError `media_unknown` and as the proxy. */
  async read(directPath: string): Promise<Blob> {
    const path = directPath.split('?', 1)[0] as string;
    const [, integrator, reference] = proxiedPath.exec(path) ?? [];
    if (integrator !== undefined && reference !== undefined) {
      const { body, type } = await this.proxy.fetch(Number(integrator), reference);
      return { bytes: body, type };
    }
    const blob = this.own.get(path);
    if (!blob) throw new SimulatorError('media_unknown', 'no such media path');
    return blob;
  }
}
