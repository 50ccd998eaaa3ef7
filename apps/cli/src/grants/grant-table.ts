import { topics } from '@causeway/contracts';
import { redisRights } from '@causeway/coordination';
import { kafkaGrants, type KafkaGrant } from '@causeway/events';
import type { ServiceName } from '@causeway/runtime';
import { databaseGrants, roleOf, type DatabaseGrant } from '@causeway/store/migrate';
import { serviceNames } from '../stack/service-names.js';
import { coordinationCalls } from './coordination-calls.js';

/** Everything that one service may do at the engines. */
export interface ServiceGrants {
  readonly service: ServiceName;
  /** Its name at every engine: database role, Kafka user, Redis user. */
  readonly user: string;
  readonly database: readonly DatabaseGrant[];
  readonly kafka: readonly KafkaGrant[];
  /** Words of a Redis access list. */
  readonly redis: readonly string[];
}

/**
 * The one table of rights, derived from what is known elsewhere: who produces and consumes a topic stands in its
 * contract, the calls of coordination in `coordinationCalls`, tables beside the database's roles.
 */
export const grantTable: readonly ServiceGrants[] = serviceNames.map((service) => ({
  service,
  user: roleOf(service),
  database: databaseGrants[service],
  kafka: kafkaGrants({
    group: service,
    produces: topics.filter(({ producers }) => producers.includes(service)),
    consumes: topics.filter(({ consumers }) => consumers.includes(service)),
  }),
  redis: redisRights(coordinationCalls[service], service),
}));

/**
 * The name of a service at Kafka.
 * @param pattern such as `User:causeway_{service}`, or with mutual TLS `User:CN=causeway-{service},O=example`
 */
export function principalOf(pattern: string, service: ServiceName): string {
  return pattern.replaceAll('{service}', service);
}
