import type { EventEmitter } from 'node:events';
import { type Clock, systemClock } from '../clock.js';
import { Device } from '../device/device.js';
import type { SendRequest } from '../device/compose.js';
import type { DeviceEvents } from '../device/events.js';
import type { FakeDevice, FakeProvider } from './fake-provider.js';

const names = [
  'message',
  'receipt',
  'typing',
  'identity',
  'accepted',
  'refused',
  'unreadable',
  'connection',
] as const;
type Name = (typeof names)[number];
/** A consent as a user gives it. */
const consent = { textVersion: '1', locale: 'en' };

/** A device with everything that it told its application. */
export class Person {
  readonly device: Device;
  readonly told: { [N in Name]: DeviceEvents[N][0][] } = {
    message: [],
    receipt: [],
    typing: [],
    identity: [],
    accepted: [],
    refused: [],
    unreadable: [],
    connection: [],
  };

  constructor(
    private readonly provider: FakeProvider,
    readonly dataDir: string,
    clock: Clock = systemClock,
  ) {
    const { base } = provider;
    const endpoints = { accounts: base, keys: base, fanout: base, media: base };
    const gatekeeper = 'simulator';
    this.device = new Device({ endpoints, dataDir, accessToken: () => 'token', gatekeeper, clock });
    const events: EventEmitter = this.device.events;
    for (const name of names) events.on(name, (value: unknown) => (this.told[name] as unknown[]).push(value));
  }

  /** The provider's view of this device. */
  get other(): FakeDevice {
    const device = this.provider.devices.get(this.id);
    if (device === undefined) throw new Error('not registered');
    return device;
  }

  get jid(): string {
    return this.other.jid;
  }

  private id = '';

  async join(): Promise<this> {
    this.id = await this.device.register('phone');
    await this.device.optIn({ identifierKind: 'email', consent });
    await this.device.connect();
    return this;
  }

  /** The same installation, started again. */
  async again(clock: Clock = systemClock): Promise<Person> {
    await this.device.close();
    const next = new Person(this.provider, this.dataDir, clock);
    next.id = await next.device.register();
    return next;
  }

  send(to: Person, request: Omit<SendRequest, 'to'>): Promise<{ id: string }> {
    return this.device.send({ to: to.jid, ...request });
  }
}
