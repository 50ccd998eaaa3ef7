import { XmlError } from './xml-error.js';

const xmlUri = 'http://www.w3.org/XML/1998/namespace';
const xmlnsUri = 'http://www.w3.org/2000/xmlns/';
const declaration = 'xmlns:';

/** The prefixes that an element declares, and those around it. An element without any shares its parent's scope. */
export interface NamespaceScope {
  readonly declared: ReadonlyMap<string, string>;
  readonly outer: NamespaceScope | undefined;
}

/** Only `xml` is bound where nothing was declared. */
export const outermostScope: NamespaceScope = { declared: new Map([['xml', xmlUri]]), outer: undefined };

/**
 * The scope inside a start tag.
 *
 * @throws XmlError `malformed` for an unbound prefix, a forbidden declaration, or two attributes of one expanded name
 */
export function scopeOf(
  tag: string,
  attrs: Readonly<Record<string, string>>,
  outer: NamespaceScope,
): NamespaceScope {
  let prefixed = tag.includes(':');
  for (const name in attrs) {
    if (name.includes(':')) prefixed = true;
    else if (name === 'xmlns') checkDefault(attrs[name] as string);
  }
  // Most elements have no prefix anywhere.
  return prefixed ? prefixedScope(tag, attrs, outer) : outer;
}

function prefixedScope(
  tag: string,
  attrs: Readonly<Record<string, string>>,
  outer: NamespaceScope,
): NamespaceScope {
  const names = Object.keys(attrs).filter((name) => name.includes(':'));
  const declared = new Map(
    names
      .filter((name) => name.startsWith(declaration))
      .map((name) => {
        const prefix = name.slice(declaration.length);
        return [prefix, declarable(prefix, attrs[name] as string)];
      }),
  );
  const scope = declared.size === 0 ? outer : { declared, outer };
  if (tag.includes(':')) uriOf(tag, scope);
  const expanded = new Set<string>();
  for (const name of names) {
    if (name.startsWith(declaration)) continue;
    const key = `${uriOf(name, scope)}\n${name.slice(name.indexOf(':') + 1)}`;
    if (expanded.has(key)) throw new XmlError('malformed');
    expanded.add(key);
  }
  return scope;
}

function checkDefault(uri: string): void {
  if (uri === xmlUri || uri === xmlnsUri) throw new XmlError('malformed');
}

function declarable(prefix: string, uri: string): string {
  if (uri === '' || uri === xmlnsUri || prefix === 'xmlns' || (prefix === 'xml') !== (uri === xmlUri)) {
    throw new XmlError('malformed');
  }
  return uri;
}

/** The namespace of a name with a prefix. */
function uriOf(name: string, scope: NamespaceScope): string {
  const prefix = name.slice(0, name.indexOf(':'));
  for (let at: NamespaceScope | undefined = scope; at !== undefined; at = at.outer) {
    const uri = at.declared.get(prefix);
    if (uri !== undefined) return uri;
  }
  throw new XmlError('malformed');
}
