import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { installKafkajsCodecs, readAsEvents } from './install-codecs.js';
import { EventMessage, type ProduceArguments } from './produce-request.js';
import { produceArguments, type TheirRequest } from './records.fixture.js';

const require = createRequire(import.meta.url);
const definition = (name: string) =>
  require(`kafkajs/src/protocol/requests/${name}`) as {
    protocol(of: { version: number }): (args: unknown) => TheirRequest & {
      readonly response: { decode(bytes: Buffer): Promise<unknown> };
    };
  };
const message = new EventMessage({
  topic: 't',
  partition: 0,
  key: 'k',
  headers: {},
  payload: '{}',
  bytes: 3,
});

/** An answer without topics. */
const nothing = Buffer.alloc(14);

it('is in force with the kafkajs that is installed', () => {
  expect(installKafkajsCodecs()).toBe(true);
  expect(installKafkajsCodecs()).toBe(true);
});

it('writes events itself, and leaves what kafkajs writes as it is', async () => {
  installKafkajsCodecs();
  const encode = async (messages: ProduceArguments['topicData'][0]['partitions'][0]['messages']) => {
    const args = produceArguments([message]);
    const partitions = [{ partition: 0, firstSequence: 0, messages }];
    const { request } = definition('produce').protocol({ version: 7 })({
      ...args,
      topicData: [{ topic: 't', partitions }],
    });
    return (await request.encode()).buffer;
  };
  const [ours, theirs] = await Promise.all([encode([message]), encode([{ key: 'k', value: '{}' }])]);
  const withoutTime = (bytes: Buffer) => bytes.subarray(bytes.indexOf('k')).toString('hex');
  expect(withoutTime(ours)).toBe(withoutTime(theirs));
  expect(ours.length).toBe(theirs.length);
});

it('reads answers of topics that are read as events, and of no others', async () => {
  installKafkajsCodecs();
  readAsEvents('events');
  const decode = (topic: string) => {
    const { response } = definition('fetch').protocol({ version: 11 })({
      topics: [{ topic, partitions: [] }],
    });
    return response.decode;
  };
  const theirs = decode('other');
  expect(decode('other')).toBe(theirs);
  expect(decode('events')).not.toBe(theirs);
  expect(await decode('events')(nothing)).toEqual(await theirs(nothing));
});
