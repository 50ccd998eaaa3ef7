import type { Stanza } from './stanza.js';
import { XmlError } from './xml-error.js';

interface OpenElement {
  readonly tag: string;
  readonly attrs: Readonly<Record<string, string>>;
  readonly children: Stanza[];
  text: string;
}

/** Puts one stanza together from its tags and texts. */
export class ElementBuilder {
  private readonly open: OpenElement[] = [];

  get depth(): number {
    return this.open.length;
  }

  start(tag: string, attrs: Readonly<Record<string, string>>): void {
    this.open.push({ tag, attrs, children: [], text: '' });
  }

  text(text: string): void {
    const current = this.open.at(-1);
    if (current !== undefined) current.text += text;
  }

  /**
   * Close the innermost element; the stanza when that was the outermost.
   *
   * @throws XmlError `mixed_content`
   */
  end(): Stanza | undefined {
    const current = this.open.pop();
    if (current === undefined) throw new XmlError('malformed');
    const { tag, attrs, children, text } = current;
    if (children.length > 0 && text.trim() !== '') throw new XmlError('mixed_content');
    const element: Stanza =
      children.length > 0
        ? { tag, attrs, content: children }
        : { tag, attrs, ...(text !== '' && { content: text }) };
    const parent = this.open.at(-1);
    if (parent === undefined) return element;
    parent.children.push(element);
    return undefined;
  }
}
