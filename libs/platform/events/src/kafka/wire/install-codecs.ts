import { createRequire } from 'node:module';
import { fetchVersion, readFetchResponse } from './fetch-response.js';
import { produceBody, type ProduceArguments } from './produce-request.js';

/** The kafkajs whose insides are as they are expected here. */
const knownVersion = '2.2.4';
/** Versions of a request to produce that have the body that is written here. */
const produceVersions = { first: 3, last: 7 };
const require = createRequire(import.meta.url);

/** How kafkajs defines one kind of request: what goes out, and how the answer is read. */
interface RequestDefinition<Arguments> {
  protocol(of: { readonly version: number }): (args: Arguments) => {
    readonly request: { encode(): Promise<unknown> };
    readonly response: { decode(bytes: Buffer): Promise<unknown> };
  };
}

interface FetchArguments {
  readonly topics: readonly { readonly topic: string }[];
}

type EncoderClass = new (initialSize: number) => { writeBuffer(bytes: Buffer): unknown };

/** Whose records kafkajs gets as `FetchedEvent`; as few as there are contracts. */
const eventTopics = new Set<string>();
let installed: boolean | undefined;

/**
 * Lets kafkajs write and read the records of events through the code here, at a fraction of the cost: its own makes a
 * buffer of 512 zeroed bytes for each header, and an object for each header it reads. Everything else stays as it is,
 * and with another version of kafkajs all of it. Harmless to call again.
 * @returns whether it is in force
 */
export function installKafkajsCodecs(): boolean {
  installed ??= install();
  return installed;
}

/** From now on consumers of this process get the messages of this topic as `FetchedEvent`, or else as kafkajs has them. */
export function readAsEvents(topic: string): void {
  eventTopics.add(topic);
}

function install(): boolean {
  const { version } = require('kafkajs/package.json') as { version: string };
  if (version !== knownVersion) return false;
  writeProduceRequests(
    require('kafkajs/src/protocol/requests/produce') as RequestDefinition<ProduceArguments>,
    require('kafkajs/src/protocol/encoder') as EncoderClass,
  );
  readFetchResponses(require('kafkajs/src/protocol/requests/fetch') as RequestDefinition<FetchArguments>);
  return true;
}

function writeProduceRequests(definition: RequestDefinition<ProduceArguments>, Encoder: EncoderClass): void {
  const theirs = definition.protocol.bind(definition);
  definition.protocol = ({ version }) => {
    const make = theirs({ version });
    if (version < produceVersions.first || version > produceVersions.last) return make;
    return (args) => {
      const made = make(args);
      const encode = async (): Promise<unknown> => {
        const body = produceBody(args);
        return body === undefined ? made.request.encode() : new Encoder(body.length).writeBuffer(body);
      };
      return { ...made, request: { ...made.request, encode } };
    };
  };
}

function readFetchResponses(definition: RequestDefinition<FetchArguments>): void {
  const theirs = definition.protocol.bind(definition);
  definition.protocol = ({ version }) => {
    const make = theirs({ version });
    if (version !== fetchVersion) return make;
    return (args) => {
      const made = make(args);
      if (!args.topics.every(({ topic }) => eventTopics.has(topic))) return made;
      const decode = async (bytes: Buffer): Promise<unknown> =>
        readFetchResponse(bytes) ?? made.response.decode(bytes);
      return { ...made, response: { ...made.response, decode } };
    };
  };
}
