import { describe } from 'vitest';
import { enginesRequired, type EngineAddresses, type EngineName, type Engines } from '../engines/engines.js';
import { enginesOfWorker } from './engines-of-worker.js';

/** What a suite is given: one address of each engine. */
type SuiteAddresses = Omit<EngineAddresses, 'kafka'> & { readonly kafka: string };

const nowhere: SuiteAddresses = {
  postgres: '',
  redis: '',
  kafka: '',
  s3: { endpoint: '', accessKey: '', secretKey: '', region: '' },
};

function addressOf<Name extends EngineName>(engines: Engines, name: Name): SuiteAddresses[Name] | undefined {
  const addresses: { readonly [Key in EngineName]: SuiteAddresses[Key] | undefined } = {
    postgres: engines.postgresUrl === '' ? undefined : engines.postgresUrl,
    redis: engines.redisUrl,
    kafka: engines.kafkaBrokers,
    s3: engines.s3,
  };
  return addresses[name];
}

/**
 * A suite that needs an engine. Without it the tests count as skipped, with the reason in the suite's name; with
 * REQUIRE_ENGINES=1 they fail. While it is skipped the body is still read (to count its tests), with empty addresses.
 */
export function describeWithEngine<Name extends EngineName>(
  engine: Name,
  title: string,
  body: (address: SuiteAddresses[Name]) => void,
): void {
  const engines = enginesOfWorker();
  const address = addressOf(engines, engine);
  if (address !== undefined) {
    describe(title, () => body(address));
    return;
  }
  const reason = engines.ranOn[engine];
  if (enginesRequired()) throw new Error(`${title} needs ${engine}, which is missing (${reason})`);
  describe.skip(`${title} (${engine} ${reason})`, () => body(nowhere[engine]));
}
