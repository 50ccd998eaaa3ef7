declare module '@xmpp/client' {
  interface Credentials {
    readonly username: string;
    readonly password: string;
  }

  interface Client {
    readonly reconnect: { stop(): void };
    on(event: 'error', handler: () => void): void;
    start(): Promise<unknown>;
  }

  export function client(options: {
    service: string;
    domain: string;
    resource: string;
    timeout: number;
    credentials: (
      authenticate: (credentials: Credentials, mechanism: string, userAgent: undefined) => Promise<void>,
    ) => Promise<void>;
  }): Client;
}
