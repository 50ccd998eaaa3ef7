import { containers, dockerAnswers, type Started } from './containers.js';
import { embeddedPostgres } from './embedded.js';
import {
  engineNames,
  enginesRequired,
  type EngineAddresses,
  type EngineName,
  type Engines,
  type KafkaAddress,
  type S3Address,
} from './engines.js';

/** The engines of one run. */
export interface RunningEngines {
  readonly engines: Engines;
  stop(): Promise<void>;
}

type Outcome = Started<string | KafkaAddress | S3Address> | { readonly missing: string };

/**
 * Starts the wanted engines side by side, in containers when a Docker engine answers, else PostgreSQL alone from npm.
 * With REQUIRE_ENGINES=1 an engine that is wanted and does not start throws.
 */
export async function startEngines(wanted: ReadonlySet<EngineName>): Promise<RunningEngines> {
  const docker = wanted.size > 0 && (await dockerAnswers());
  const outcomes = new Map(
    await Promise.all(
      engineNames.map(async (name): Promise<[EngineName, Outcome]> => [
        name,
        await startOne(name, wanted, docker),
      ]),
    ),
  );
  const running = [...outcomes.values()].filter((outcome) => 'stop' in outcome);
  const stop = async (): Promise<void> => {
    await Promise.allSettled(running.map((one) => one.stop()));
  };
  const missing = [...outcomes].filter(([name, outcome]) => wanted.has(name) && 'missing' in outcome);
  if (enginesRequired() && missing.length > 0) {
    await stop();
    const reasons = missing.map(
      ([name, outcome]) => `${name}: ${'missing' in outcome ? outcome.missing : ''}`,
    );
    throw new Error(`REQUIRE_ENGINES=1 and engines are missing: ${reasons.join('; ')}`);
  }
  return { engines: describeRun(outcomes), stop };
}

async function startOne(
  name: EngineName,
  wanted: ReadonlySet<EngineName>,
  docker: boolean,
): Promise<Outcome> {
  if (!wanted.has(name)) return { missing: 'no selected test needs it' };
  if (docker) {
    try {
      return await containers[name]();
    } catch (error) {
      const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      if (name !== 'postgres' || enginesRequired()) return { missing: `container did not start (${reason})` };
    }
  } else if (enginesRequired() || name !== 'postgres') {
    return { missing: 'no Docker engine answers' };
  }
  return embeddedPostgres();
}

function describeRun(outcomes: ReadonlyMap<EngineName, Outcome>): Engines {
  const address = <Name extends EngineName>(name: Name): EngineAddresses[Name] | undefined => {
    const outcome = outcomes.get(name);
    // Each engine's starter gives addresses of its own form.
    return outcome !== undefined && 'address' in outcome
      ? (outcome.address as EngineAddresses[Name])
      : undefined;
  };
  const [redisUrl, kafka, s3] = [address('redis'), address('kafka'), address('s3')];
  const ranOn = Object.fromEntries(
    [...outcomes].map(([name, outcome]) => [
      name,
      'missing' in outcome ? `not run: ${outcome.missing}` : outcome.ranOn,
    ]),
  ) as Record<EngineName, string>;
  return {
    postgresUrl: address('postgres') ?? '',
    ...(redisUrl === undefined ? {} : { redisUrl }),
    ...(kafka === undefined
      ? {}
      : {
          kafkaBrokers: kafka.brokers,
          kafkaMutual: { mutual: kafka.mutual, authorityKey: kafka.authorityKey },
        }),
    ...(s3 === undefined ? {} : { s3 }),
    ranOn,
  };
}
