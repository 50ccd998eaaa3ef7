import type { z } from 'zod';

/** A topic's contract: the name carries the version, a new version is a new topic beside the old one. */
export interface Topic<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** What one event looks like; every event has a `type`. */
  readonly schema: Schema;
  /** Where the key that orders events comes from, for people. */
  readonly keyName: string;
  /** @returns the key under which an event is ordered. */
  readonly key: (event: z.infer<Schema>) => string;
  /** True when a payload may be sealed to a connection and must not be copied into a dead-letter topic. */
  readonly sealed: boolean;
  /** How long the topic keeps an event, in milliseconds. */
  readonly retentionMs: number;
  /** Services that publish and services that consume, by owner. */
  readonly producers: readonly string[];
  readonly consumers: readonly string[];
}

const NAME = /^causeway\.[a-z]+\.v[1-9][0-9]*$/;

/**
 * Declares a topic.
 * @throws {TypeError} when the name is not `causeway.<owner>.v<version>`.
 */
export function defineTopic<Schema extends z.ZodType>(topic: Topic<Schema>): Topic<Schema> {
  if (!NAME.test(topic.name)) throw new TypeError(`not a topic name: ${topic.name}`);
  return Object.freeze(topic);
}
