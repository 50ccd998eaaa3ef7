import { DeviceId, GatekeeperId } from '@causeway/contracts/ids';
import { z } from 'zod';

/** What pods tell each other about a device whose socket may be at any of them. */
const DeviceSignal = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('refresh'), deviceId: DeviceId }),
  z.strictObject({
    type: z.literal('prekeys-low'),
    deviceId: DeviceId,
    gatekeeper: GatekeeperId,
    available: z.int().nonnegative(),
  }),
  /** Another device took over as the user's interop device. */
  z.strictObject({ type: z.literal('moved'), deviceId: DeviceId, gatekeeper: GatekeeperId }),
  /** The device connected to another pod. */
  z.strictObject({ type: z.literal('replaced'), deviceId: DeviceId, podId: z.string().max(64) }),
]);
export type DeviceSignal = z.infer<typeof DeviceSignal>;

export function encodeDeviceSignal(signal: DeviceSignal): string {
  return JSON.stringify(signal);
}

/** @returns undefined when the text is not a signal of this version. */
export function decodeDeviceSignal(text: string): DeviceSignal | undefined {
  try {
    return DeviceSignal.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
