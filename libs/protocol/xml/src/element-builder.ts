import { isBlank } from './characters.js';
import { type NamespaceScope, outermostScope, scopeOf } from './namespaces.js';
import type { Stanza } from './stanza.js';
import { XmlError } from './xml-error.js';

interface OpenElement {
  readonly tag: string;
  readonly attrs: Readonly<Record<string, string>>;
  readonly scope: NamespaceScope;
  readonly children: Stanza[];
  text: string;
}

/** Puts stanzas together from tags and texts. The outermost element is the stream; its children are the stanzas. */
export class ElementBuilder {
  private readonly open: OpenElement[] = [];

  /** @param dropsMixed text beside child elements is dropped and not refused */
  constructor(private readonly dropsMixed = false) {}

  /** Open elements, the stream included. */
  get depth(): number {
    return this.open.length;
  }

  /** @throws XmlError `malformed` for names that their namespaces do not allow */
  start(tag: string, attrs: Readonly<Record<string, string>>): void {
    const scope = scopeOf(tag, attrs, this.open.at(-1)?.scope ?? outermostScope);
    this.open.push({ tag, attrs, scope, children: [], text: '' });
  }

  text(text: string): void {
    const current = this.open.at(-1);
    if (current !== undefined) current.text += text;
  }

  /**
   * Close the innermost element; what it was when that makes a stanza whole.
   *
   * @param tag name of the end tag; an empty-element tag has none
   * @throws XmlError `malformed` when another element is open, `mixed_content`
   */
  end(tag?: string): Stanza | undefined {
    const current = this.open.pop();
    if (current === undefined || (tag !== undefined && tag !== current.tag)) throw new XmlError('malformed');
    const element = elementOf(current, this.dropsMixed);
    if (this.open.length < 2) return element;
    this.open.at(-1)?.children.push(element);
    return undefined;
  }
}

function elementOf({ tag, attrs, children, text }: OpenElement, dropsMixed: boolean): Stanza {
  if (children.length === 0) return text === '' ? { tag, attrs } : { tag, attrs, content: text };
  if (!dropsMixed && text !== '' && !isBlank(text)) throw new XmlError('mixed_content');
  return { tag, attrs, content: children };
}
