import { applyKafkaAcls, type KafkaAclReport, type KafkaPrincipal } from './kafka/acls.js';
import { kafkaClients } from './kafka/client.js';
import { clusterOf, type EventLogOptions } from './open-event-log.js';

/**
 * Brings the broker's access lists for these principals to what is given; may be repeated.
 * @param url `kafka://…` or `kafka+ssl://…`
 * @throws EventBusError `url_invalid`, `acls_refused`, `topic_unavailable`
 */
export async function applyEventLogAcls(
  url: string,
  principals: readonly KafkaPrincipal[],
  options: Pick<EventLogOptions, 'clientId' | 'logger' | 'credentials'>,
): Promise<KafkaAclReport> {
  return applyKafkaAcls(kafkaClients(clusterOf(url, options)), principals);
}
