import type { MediaReference } from './media-reference.js';

/** The message that a reply answers. */
export interface Quoted {
  /** Stanza id of the quoted message. */
  readonly id: string;
  /** Address of who wrote the quoted message. */
  readonly sender?: string;
}

interface Quoting {
  readonly quoted?: Quoted;
}

interface Media extends Quoting {
  readonly media: MediaReference;
}

/** One message's content as an application shows it. */
export type Content =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reply'; readonly text: string; readonly quoted: Quoted }
  /** An empty text takes the reaction back. */
  | {
      readonly kind: 'reaction';
      readonly text: string;
      readonly targetId: string;
      readonly targetFromMe: boolean;
    }
  | ({
      readonly kind: 'image';
      readonly caption?: string;
      readonly width?: number;
      readonly height?: number;
    } & Media)
  | ({ readonly kind: 'video'; readonly caption?: string; readonly seconds?: number } & Media)
  | ({ readonly kind: 'voice'; readonly seconds?: number; readonly waveform?: Uint8Array } & Media)
  | ({ readonly kind: 'audio'; readonly seconds?: number } & Media)
  | ({ readonly kind: 'document'; readonly caption?: string; readonly fileName?: string } & Media)
  | { readonly kind: 'revoke'; readonly targetId: string }
  | { readonly kind: 'edit'; readonly targetId: string; readonly text: string }
  /** Content of a kind that this library does not read, by the numbers of its fields. */
  | { readonly kind: 'unsupported'; readonly fields: readonly number[] };

/** The kinds of content. */
export type ContentKind = Content['kind'];
