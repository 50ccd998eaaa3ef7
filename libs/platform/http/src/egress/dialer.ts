import { isIP, type Socket } from 'node:net';
import { AllowedHosts } from './allowed-hosts.js';
import { checkedUrl } from './checked-url.js';
import type { EgressOptions } from './egress.js';
import { EgressError } from './egress.errors.js';
import { guardedConnector } from './guarded-connector.js';
import { leanConnector } from './lean-connector.js';

/** What is sent on a new connection before anything else, also before TLS. */
export type Preamble = (connection: Socket) => Uint8Array;

/**
 * Connects to the host of a `ws`, `wss`, `http`, `https` or `tcp` URL, for a protocol that is not a request and its answer.
 * `tcp://host:port` is for protocols that begin TLS themselves, behind an exchange in clear text: whoever dials sees to it.
 * @returns a connection that is established, with TLS where the scheme says so
 * @throws {EgressError} `egress_url_refused`, `egress_host_refused`, `egress_address_refused`, `egress_unreachable`
 */
export type Dial = (url: string | URL, preamble?: Preamble) => Promise<Socket>;

/** A way out for connections, under the same checks as `createEgress`: listed hosts, public addresses, at connect time. */
export function createDialer(options: Omit<EgressOptions, 'clock'>): Dial {
  const { allowPrivateAddresses = false } = options;
  const hosts = new AllowedHosts(options.allowedHosts);
  const connector = guardedConnector(allowPrivateAddresses, options.resolve, options.ca, leanConnector);

  function open(url: URL, protocol: string, httpSocket?: Socket): Promise<Socket> {
    const hostname = url.hostname.replace(/^\[|\]$/g, '');
    const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    const upgraded = httpSocket === undefined ? {} : { httpSocket };
    return new Promise((resolve, reject) => {
      connector({ hostname, host: url.host, protocol, port, ...servername, ...upgraded }, (error, socket) => {
        // At an error the connector leaves the second argument out, whatever its type says.
        if (socket) return resolve(socket);
        httpSocket?.destroy();
        reject(unreachable(error));
      });
    });
  }

  return async (given, preamble) => {
    const text = String(given);
    const bare = text.startsWith('tcp:');
    // The checks know HTTP alone; only the host and the port of the URL are looked at behind them.
    const url = checkedUrl(text.replace(/^(ws|tcp(?=:))/, 'http'), hosts, bare || allowPrivateAddresses);
    if (preamble === undefined) return open(url, url.protocol);
    const clear = await open(url, 'http:');
    clear.write(preamble(clear));
    return url.protocol === 'https:' ? open(url, 'https:', clear) : clear;
  };
}

function unreachable(error: unknown): EgressError {
  if (error instanceof EgressError) return error;
  return new EgressError('egress_unreachable', 'the host cannot be reached or broke off', { cause: error });
}
