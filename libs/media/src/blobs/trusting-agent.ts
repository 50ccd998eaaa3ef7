import { Agent } from 'node:https';
import type { ConnectionOptions } from 'node:tls';

const CONNECTIONS = 50;

/** Connections to a store whose certificate is of certain authorities; new ones believe those of the moment. */
export class TrustingAgent extends Agent {
  /** @param ca PEM; those of the system by default */
  constructor(private readonly ca: () => string | undefined) {
    // A session that is taken up again is not verified again.
    super({ keepAlive: true, maxSockets: CONNECTIONS, maxCachedSessions: 0 });
  }

  override createConnection(
    options: ConnectionOptions,
    done: Parameters<Agent['createConnection']>[1],
  ): ReturnType<Agent['createConnection']> {
    return super.createConnection({ ...options, ca: this.ca() }, done);
  }
}
