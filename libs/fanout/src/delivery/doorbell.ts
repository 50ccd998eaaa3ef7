/** @returns the channel on which a pod is rung with a session key whose mailbox it should look into. */
export function doorbellChannel(podId: string): string {
  return `fanout.pod.${podId}`;
}

/** Channel on which every pod hears which device's rights or keys changed. */
export const deviceChannel = 'fanout.devices';
