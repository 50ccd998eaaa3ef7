/** Keys of a bucket store for tests. Path-style addressing. */
export interface S3Address {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

/** A broker with access lists. Whoever comes in clear text may do everything, as its administrator. */
export interface KafkaAddress {
  /** `host:port`, comma-separated. */
  readonly brokers: string;
  /** The same with TLS, for clients with a certificate, whose principal is `User:CN=…`. */
  readonly mutual: string;
  /** Key of the authority that it believes, see `restoreTestAuthority`. */
  readonly authorityKey: string;
}

/** How tests reach each engine of this run; an engine that did not run has no address. */
export interface EngineAddresses {
  /** Superuser's URL of a throw-away server. */
  readonly postgres: string;
  readonly redis: string;
  readonly kafka: KafkaAddress;
  readonly s3: S3Address;
}

export type EngineName = keyof EngineAddresses;

export const engineNames: readonly EngineName[] = ['postgres', 'redis', 'kafka', 's3'];

/** What `inject('engines')` gives to a test. */
export interface Engines {
  readonly postgresUrl: string;
  readonly redisUrl?: string;
  readonly kafkaBrokers?: string;
  readonly kafkaMutual?: Pick<KafkaAddress, 'mutual' | 'authorityKey'>;
  readonly s3?: S3Address;
  /** Per engine what it ran on, or why it did not run. */
  readonly ranOn: Readonly<Record<EngineName, string>>;
}

declare module 'vitest' {
  interface ProvidedContext {
    engines: Engines;
    /** Of the second worker, the third, and so on, where each has its own. */
    furtherEngines: readonly Engines[];
  }
}

/** True when a missing engine must fail the run (continuous integration). */
export const enginesRequired = (): boolean => process.env['REQUIRE_ENGINES'] === '1';
