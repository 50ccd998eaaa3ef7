import type { ServiceName } from '@causeway/runtime';

/** Where the parts of a development stack listen, all on 127.0.0.1. */
export interface StackPorts extends Record<ServiceName, number> {
  readonly identityProvider: number;
  readonly provider: number;
  readonly simulator: number;
  readonly chat: number;
  readonly postgres: number;
}

/** @returns the ports of a stack, counted up from a base. */
export function stackPorts(base: number): StackPorts {
  return {
    identityProvider: base,
    accounts: base + 1,
    keys: base + 2,
    session: base + 3,
    fanout: base + 4,
    media: base + 5,
    webhooks: base + 6,
    provider: base + 8,
    simulator: base + 10,
    chat: base + 11,
    postgres: base + 20,
  };
}

/**
 * Where a stack itself listens. PostgreSQL's port is left to whoever starts it: a server left by a killed process is
 * adopted there.
 * @param withSimulator false when the gatekeeper is somebody else
 */
export function portsListenedOn(ports: StackPorts, withSimulator: boolean): Record<string, number> {
  const { postgres: _adopted, simulator, chat, ...own } = ports;
  return withSimulator ? { ...own, simulator, chat } : own;
}

/** Base ports of `causeway start` and of `causeway demo`, so that both can run at the same time. */
export const basePorts = { start: 7700, demo: 7800 } as const;
