import { parseAddress } from '@causeway/jid';
import { stanza } from '@causeway/xml';
import { describe, expect, it } from 'vitest';
import { buildClean, readInformation } from './information.js';

const ib = (...content: ReturnType<typeof stanza>[]) =>
  stanza('ib', { from: parseAddress('s.whatsapp.net') }, content);
const routing = (blob: Uint8Array) => ib(stanza('edge_routing', {}, [stanza('routing_info', {}, blob)]));

describe('information of the connection', () => {
  it('says how much waits, and that all has come', () => {
    expect(readInformation(ib(stanza('offline_preview', { count: '7' })))).toMatchObject({ previewed: 7 });
    expect(readInformation(ib(stanza('offline_preview', { count: 'many' })))).toMatchObject({ previewed: 0 });
    expect(readInformation(ib(stanza('offline', { count: '7' }))).offlineEnded).toBe(true);
    expect(readInformation(ib())).toEqual({ offlineEnded: false, dirty: [] });
  });

  it('says what the next login begins with, within its bound', () => {
    expect(readInformation(routing(Uint8Array.of(8, 2))).edgeRouting).toEqual(Uint8Array.of(8, 2));
    expect(readInformation(routing(new Uint8Array(1_024))).edgeRouting).toHaveLength(1_024);
    for (const length of [0, 1_025])
      expect(readInformation(routing(new Uint8Array(length))).edgeRouting).toBeUndefined();
  });

  it('says what state is stale; what cannot be repeated safely is left out', () => {
    const dirty = stanza('dirty', { type: 'account_sync', timestamp: '1700000000' });
    const odd = [stanza('dirty', { type: '<x>', timestamp: '1' }), stanza('dirty', { type: 'groups' })];
    const [state, ...others] = readInformation(ib(dirty, ...odd)).dirty;
    expect(others).toEqual([]);
    if (state === undefined) throw new Error('nothing is stale');
    expect(buildClean(state).content).toEqual([
      stanza('clean', { type: 'account_sync', timestamp: '1700000000' }),
    ]);
    expect(readInformation(ib(...Array.from({ length: 9 }, () => dirty))).dirty).toHaveLength(8);
  });
});
