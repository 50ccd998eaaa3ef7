import type { ServiceKeySet, ServicePrivateKey } from '@causeway/config';

/** With which key this service proves who it is, and the keys of all services. */
export interface ServiceIdentity {
  readonly privateKey: ServicePrivateKey;
  readonly keys: ServiceKeySet;
}
