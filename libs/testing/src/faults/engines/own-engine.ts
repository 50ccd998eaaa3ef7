/** An engine that one test has for itself, at an address that stays the same whatever is done to it. */
export interface OwnEngine {
  readonly host: string;
  readonly port: number;
  /** How clients name it; for Kafka `host:port`. */
  readonly url: string;
  /** What it runs on. */
  readonly ranOn: string;
  /** SIGKILL to the whole engine; resolves when it is gone. Its data stays. */
  kill(): Promise<void>;
  /** Starts it after a kill; resolves when it answers. */
  start(): Promise<void>;
  /** Stops it where it is: connections stay open, and new ones are taken and not answered. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Ends it and removes what it left. */
  remove(): Promise<void>;
}

/** Asks an engine whether it is ready; rejects while it is not. */
export type Probe = (address: { readonly host: string; readonly port: number }) => Promise<void>;
