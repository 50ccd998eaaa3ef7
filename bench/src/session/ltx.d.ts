declare module '@xmpp/xml' {
  import type { EventEmitter } from 'node:events';

  /** The parser of ltx as @xmpp/connection uses it; it has no types. */
  export class Parser extends EventEmitter {
    write(text: string): void;
  }
}
