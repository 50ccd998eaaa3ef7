import type {
  ConfigFields,
  ConfigSection,
  ConfigValues,
  FieldValues,
  OutboundCertificates,
} from '@causeway/config';
import type { Coordination } from '@causeway/coordination';
import type { EventBus } from '@causeway/events';
import type { AccessTokenVerifier, InternalClient, ReadinessChecks } from '@causeway/http';
import type { Clock, Lifecycle, Live } from '@causeway/lifecycle';
import type { AnyTopic } from '@causeway/outbox';
import type { PersonalTable, Reveal } from '@causeway/personal-data';
import type { Postgres } from '@causeway/postgres';
import type { Sweep } from '@causeway/sweeper';
import type { Logger, Metrics } from '@causeway/telemetry';
import type { DynamicModule } from '@nestjs/common';
import type { ServiceIdentity } from './identity.js';
import type { sharedSections } from './sections.js';

/** The six services, as their roles, topics and tokens name them. */
export type ServiceName = 'accounts' | 'keys' | 'session' | 'fanout' | 'media' | 'webhooks';

/** Settings that every service has. */
export type SharedSettings = ConfigValues<typeof sharedSections>;

/** What a service is given to work with: its engines behind their ports, and its own settings. */
export interface ServiceContext<Settings = unknown> {
  readonly name: ServiceName;
  /** Random id of this process's instance of the service. */
  readonly podId: string;
  readonly settings: Settings & SharedSettings;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
  /** What must hold for the service to get work; it may add to them. */
  readonly readiness: ReadinessChecks;
  readonly clock: Clock;
  readonly postgres: Postgres;
  readonly bus: EventBus;
  readonly coordination: Coordination;
  /** With what it trusts those that it calls, and shows itself; those of new connections may change. */
  readonly certificates: Live<OutboundCertificates>;
  /** Checks the provider's access tokens. */
  readonly accessTokens: AccessTokenVerifier;
  /** Who this service is, and whom it believes. */
  readonly identity: ServiceIdentity;
  /**
   * A value made of settings that may be replaced in their files while the service runs.
   * @param build makes it; what it throws at is refused, and the last value stays
   */
  readonly live: <F extends ConfigFields, T>(
    section: ConfigSection<F>,
    build: (values: FieldValues<F>) => T,
  ) => Live<T>;
  /** Shows opened, in exports of personal data, what a table keeps sealed. */
  readonly reveal: (table: PersonalTable['table'], reveal: Reveal) => void;
  /** @returns a client that calls another service as this one. */
  readonly internal: (audience: ServiceName, baseUrl: string) => InternalClient;
}

/** A service, without the engines it will run on. */
export interface ServiceDefinition<Sections extends readonly ConfigSection[] = readonly ConfigSection[]> {
  readonly name: ServiceName;
  /** The service's own settings, beside the shared ones. */
  readonly sections: Sections;
  /** The Postgres schema whose outbox is drained, and the topics that stand in it. */
  readonly outbox: { readonly schema: string; readonly topics: readonly AnyTopic[] } | undefined;
  /** What is removed from the service's tables when its time is over, beside its inbox. */
  readonly sweeps?: readonly Sweep[];
  /** The tables in which it keeps something about persons, for accounts to show and to erase; accounts has its own way. */
  readonly personalData?: readonly PersonalTable[];
  /** Speaks HTTP/2 too where its listener has TLS. */
  readonly http2?: true;
  /** Bytes of the largest request body, where it is not the limit of all services. */
  readonly bodyBytes?: number;
  /** Stays in rotation while its database is down: what it serves without one must still be reached. */
  readonly readyWithoutDatabase?: true;
  /** @returns the Nest module of the service. */
  module(context: ServiceContext<ConfigValues<Sections>>): DynamicModule | Promise<DynamicModule>;
}
