import type { Logger } from '@causeway/telemetry';
import type { Wake, WakePort } from './wake.port.js';

/** Says in the log that a device would be woken: for a deployment without a push service. */
export class LogWake implements WakePort {
  constructor(private readonly logger: Logger) {}

  async wake(wake: Wake): Promise<void> {
    this.logger.info({ deviceId: wake.deviceId, gatekeeper: wake.gatekeeper }, 'wake a device');
  }
}
