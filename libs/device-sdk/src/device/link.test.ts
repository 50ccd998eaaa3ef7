import type { DeviceFrame } from '@causeway/contracts/fanout';
import { beforeEach, describe, expect, it } from 'vitest';
import { SteppedClock } from '../testing/stepped-clock.js';
import { Link } from './link.js';
import { Serial } from './serial.js';

const query = (correlationId: string) =>
  ({ type: 'query', correlationId, query: { kind: 'bundle', peer: 'a@lid' } }) as const;
const accepted = (id: string) =>
  ({ type: 'accepted', gatekeeper: 'simulator' as DeviceFrame['gatekeeper'], id, timestamp: 1 }) as const;

describe('commands and their outcomes', () => {
  let clock: SteppedClock;
  let sent: DeviceFrame[];
  let writable: boolean;
  let link: Link;
  const ask = (id: string) => link.ask(id, query(id), 1_000);

  beforeEach(() => {
    [clock, sent, writable] = [new SteppedClock(), [], true];
    link = new Link('simulator', clock, (frame) => writable && sent.push(frame) > 0);
    link.opened();
  });

  it('meet by their id', async () => {
    const [one, two] = [ask('1'), ask('2')];
    expect(link.settle(accepted('2'))).toBe(true);
    expect(link.settle(accepted('1'))).toBe(true);
    expect(link.settle(accepted('1'))).toBe(false);
    expect([await one, await two]).toEqual([accepted('1'), accepted('2')]);
    expect(sent[0]).toEqual({ ...query('1'), gatekeeper: 'simulator' });
  });

  it('end with silence after their time, and when the session ends', async () => {
    const silent = ask('1');
    clock.advance(1_000);
    expect(await silent).toEqual({ type: 'silent' });
    const { signal } = link;
    const closed = ask('2');
    link.closed();
    expect(await closed).toEqual({ type: 'closed' });
    expect([signal.aborted, link.open, clock.waits]).toEqual([true, false, []]);
    expect(await ask('3')).toEqual({ type: 'closed' });
  });

  it('are not sent when the socket does not take them, an id is in use, or 256 wait', async () => {
    writable = false;
    expect(await ask('1')).toEqual({ type: 'closed' });
    writable = true;
    for (let n = 0; n < 256; n++) void ask(`w${n}`);
    expect(await ask('w0')).toEqual({ type: 'closed' });
    expect(await ask('more')).toEqual({ type: 'closed' });
    link.settle(accepted('w0'));
    const next = ask('more');
    link.settle(accepted('more'));
    expect(await next).toEqual(accepted('more'));
  });
});

describe('operations on one store', () => {
  it('run one after the other, also after one that failed, and are refused beyond the bound', async () => {
    const serial = new Serial();
    const log: number[] = [];
    const first = serial.run(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      log.push(1);
      throw new Error('no');
    });
    const rest = Array.from({ length: 4_095 }, (_, n) => serial.run(() => log.push(n + 2)));
    await expect(serial.run(() => 0)).rejects.toMatchObject({ code: 'too_busy' });
    await expect(first).rejects.toThrow('no');
    await Promise.all(rest);
    expect(log).toEqual(Array.from({ length: 4_096 }, (_, n) => n + 1));
    expect(await serial.run(() => 'free')).toBe('free');
  });
});
