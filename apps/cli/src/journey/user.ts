import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OptInState } from '@causeway/contracts/accounts';
import {
  ApiError,
  type Clock,
  Device,
  DeviceError,
  type DeviceEvents,
  type MessageShown,
  type OwnConnection,
  systemClock,
} from '@causeway/device-sdk';
import type { StackEndpoints } from '../stack/endpoints.js';
import { fetchAccessToken } from '../identity-provider/access-token.js';
import { until } from './until.js';

const KEPT_EVENTS = 1000;
const ENTER_ATTEMPTS = 4;
const ENTER_PAUSE_MS = 500;
const CONSENT = { textVersion: '2026-11', locale: 'en' };

/** A user of the provider with her reference device. */
export class ProviderUser {
  readonly device: Device;
  readonly messages: MessageShown[] = [];
  readonly receipts: DeviceEvents['receipt'][0][] = [];
  readonly typing: DeviceEvents['typing'][0][] = [];
  readonly outcomes = new Map<string, string>();
  /** Whether the device's socket to the provider is up. */
  online = false;

  /**
   * @param folder the data folder of the devices; the user's own is made below it
   * @param own how her device connects to the gatekeeper, when it does so by itself
   * @param clock of her device
   */
  constructor(
    readonly name: string,
    endpoints: StackEndpoints,
    folder: string,
    own?: OwnConnection,
    clock: Clock = systemClock,
  ) {
    const dataDir = join(folder, name);
    mkdirSync(dataDir, { recursive: true });
    this.device = new Device({
      endpoints: endpoints.services,
      dataDir,
      gatekeeper: endpoints.gatekeeper,
      accessToken: () => fetchAccessToken(endpoints.tokenUrl, name),
      clock,
      ...(own && { own }),
    });
    const { events } = this.device;
    events.on('message', (message) => keep(this.messages, message));
    events.on('receipt', (receipt) => keep(this.receipts, receipt));
    // Who sits at a terminal sees the notice and would accept it; an app asks its user first.
    events.on('identity', ({ peer }) => this.device.acceptIdentity(peer));
    events.on('typing', (typing) => keep(this.typing, typing));
    events.on('connection', ({ online }) => (this.online = online));
    events.on('accepted', ({ id }) => this.outcomes.set(id, 'accepted'));
    events.on('refused', ({ id, code }) => this.outcomes.set(id, code));
  }

  /** Gives consent for the gatekeeper under the user's e-mail address, with this device. */
  async optIn(): Promise<OptInState> {
    const { state } = await this.device.optIn({
      identifierKind: 'email',
      readReceipts: true,
      consent: CONSENT,
    });
    return state;
  }

  /**
   * Opts in and connects. A gatekeeper that no longer knows the user, as a simulator that was restarted, makes the
   * opt-in lapse: then it is given anew.
   */
  async enter(withinMs: number): Promise<void> {
    await this.device.register();
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.optIn();
        return await this.device.connect(withinMs);
      } catch (error) {
        this.device.disconnect();
        const passing = error instanceof DeviceError || error instanceof ApiError;
        if (!passing || attempt === ENTER_ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, ENTER_PAUSE_MS));
      }
    }
  }

  /** The identifier under which the gatekeeper's users know the user. */
  get identifier(): string {
    return identifierOf(this.name);
  }

  /** Waits until the device shows a message, with its file if it has one. */
  shows(id: string, withinMs: number): Promise<MessageShown> {
    return until(`${this.name}'s device shows the message`, withinMs, () =>
      this.messages.find((message) => message.id === id),
    );
  }

  /** Waits for a receipt of a message that the device sent. */
  receipt(id: string, kind: 'delivered' | 'read', withinMs: number): Promise<true> {
    const has = () =>
      this.receipts.some((receipt) => receipt.kind === kind && receipt.ids.includes(id)) || undefined;
    return until(`${this.name}'s device gets the receipt ${kind}`, withinMs, has);
  }

  /** Waits for the gatekeeper's word on a message that the device sent. @returns `accepted`, or why it was refused */
  outcome(id: string, withinMs: number): Promise<string> {
    return until('the gatekeeper takes the message', withinMs, () => this.outcomes.get(id));
  }
}

/** @returns the e-mail address that the development identity provider proves for a user. */
export function identifierOf(name: string): string {
  return `${name}@example.org`;
}

function keep<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > KEPT_EVENTS) list.shift();
}
