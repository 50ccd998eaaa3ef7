declare module '@xmpp/xml' {
  import type { EventEmitter } from 'node:events';

  /** The parser of ltx as @xmpp/connection uses it. */
  export class Parser extends EventEmitter {
    write(text: string): void;
  }

  /** An element of ltx. */
  export class Element {
    constructor(name: string, attrs?: Record<string, string>);
    readonly name: string;
    readonly attrs: Record<string, string | undefined>;
    readonly children: (Element | string)[];
    parent: Element | null;
    append(child: Element | string): void;
  }
}

declare module '@xmpp/client-core' {
  import type { EventEmitter } from 'node:events';
  import type { Element } from '@xmpp/xml';

  /** A client without the plugins of `@xmpp/client`. */
  export class Client extends EventEmitter {
    constructor(options: { service: string; domain: string; timeout: number });
    readonly transports: unknown[];
    readonly parser: { write(item: unknown): void } | null;
    _onData: (item: unknown) => void;
    _ready(resumed?: boolean): void;
    connect(service: string): Promise<unknown>;
    open(options: { domain: string; lang: string | undefined }): Promise<unknown>;
    write(item: unknown): Promise<void>;
    send(element: Element): Promise<void>;
  }
}

declare module '@xmpp/middleware' {
  import type { Client } from '@xmpp/client-core';
  import type { Element } from '@xmpp/xml';

  interface IncomingContext {
    readonly stanza: Element;
    readonly name: string;
    readonly type: string;
  }

  export interface Middleware {
    use(handler: (context: IncomingContext, next: () => Promise<unknown>) => unknown): unknown;
  }

  export default function middleware(options: { entity: Client }): Middleware;
}

declare module '@xmpp/iq/caller.js' {
  import type { Client } from '@xmpp/client-core';
  import type { Middleware } from '@xmpp/middleware';
  import type { Element } from '@xmpp/xml';

  export interface IqCaller {
    readonly handlers: Map<string, { reject(error: Error): void }>;
    request(stanza: Element, timeoutMs: number): Promise<Element>;
  }

  export default function iqCaller(options: { entity: Client; middleware: Middleware }): IqCaller;
}

declare module '@xmpp/client' {
  import type { Client } from '@xmpp/client-core';
  import type { IqCaller } from '@xmpp/iq/caller.js';
  import type { Middleware } from '@xmpp/middleware';

  interface Entity extends Client {
    readonly reconnect: { stop(): void };
    readonly saslFactory: { readonly _mechs: unknown[]; use(mechanism: unknown): unknown };
    readonly middleware: Middleware;
    readonly iqCaller: IqCaller;
  }

  export function client(options: {
    service: string;
    domain: string;
    timeout: number;
    resource?: string;
    username?: string;
    password?: string;
  }): Entity;
}
