import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Stanza, XmlError, XmlStreamParser } from './index.js';
import { stanzasBySaxes } from './saxes-stream.fixture.js';

const limits = { maxLength: 65_536, maxDepth: 64, maxElements: 1_000, maxAttributes: 64 };

/** The stanzas of a whole stream, cut into pieces of this many bytes; undefined when it was refused or did not end. */
function stanzasByUs(text: string, step: number): readonly Stanza[] | undefined {
  const stanzas: Stanza[] = [];
  let ended = false;
  const parser = new XmlStreamParser(limits, {
    onStart: () => undefined,
    onStanza: (stanza) => stanzas.push(stanza),
    onEnd: () => (ended = true),
  });
  const bytes = Buffer.from(text, 'utf8');
  let at = 0;
  try {
    for (; at < bytes.length && !ended; at += step) parser.push(bytes.subarray(at, at + step));
  } catch (error) {
    if (error instanceof XmlError) return undefined;
    throw error;
  }
  const onlySpaceFollows = /^[ \t\r\n]*$/.test(bytes.subarray(at).toString('latin1'));
  return ended && onlySpaceFollows ? stanzas : undefined;
}

const token = fc.constantFrom(
  ...[
    '<a b=">"/>',
    '<a b=\'"\' c="\'>"/>',
    '<a b="<"/>',
    '<a b="1" b="2"/>',
    '<a b="1"c="2"/>',
    '<a b/>',
    '<a b=c/>',
  ],
  ...[
    '<a>',
    '</a>',
    '<b/>',
    '<a b="c">',
    "<p:a xmlns:p='u'>",
    '</p:a>',
    '<p:b/>',
    '<a p:x="1"/>',
    'text',
    ' ',
  ],
  ...[
    '&amp;',
    '&lt;',
    '&#65;',
    '&#x1F600;',
    '&#0;',
    '&#xD;',
    '&evil;',
    '&',
    ';',
    ']]>',
    ']]',
    '>',
    '<',
    '/',
    '=',
  ],
  ...[
    '<![CDATA[',
    '<![CDATA[x]]>',
    '<!--',
    '-->',
    '<!DOCTYPE a>',
    '<?a b?>',
    '<?xml version="1.0"?>',
    '"',
    "'",
  ],
  ...[
    '\r\n',
    '\r',
    '\n',
    '\t',
    'é',
    '😀',
    '\ufeff',
    '\ufffe',
    '\u0001',
    '\u0085',
    '\u2028',
    'xmlns=""',
    ':',
    '\u00a0',
  ],
  ...[
    '<a xmlns="u">',
    '<a xmlns:q="u" xmlns:r="u" q:x="1" r:x="2"/>',
    '<xml:a/>',
    '<a xml:lang="de"/>',
    '<é/>',
  ],
  ...[
    '<a xmlns:xml="u"/>',
    '<a xmlns:xmlns="u"/>',
    '<a xmlns:q=""/>',
    '<a:b:c/>',
    '<:a/>',
    '<a:/>',
    '<a  b = "c" />',
  ],
);
const open = fc.constantFrom(
  '<s>',
  '<?xml version="1.0"?><s>',
  "<?xml version='1.0' encoding='UTF-8'?>\r\n<s>",
  '<s:s xmlns:s="v">',
);

/** The other parser trims namespace names before it compares them. */
const trimmedNamespace = /xmlns[^=]*=[ \t\r\n]*["'](?:[ \t\r\n\u{85}\u{a0}\u{2028}\u{feff}]|&#)/u;

const stream = fc
  .tuple(open, fc.array(token, { maxLength: 12 }), fc.nat(200), token, fc.boolean())
  .map(([start, tokens, at, extra, damaged]) => {
    const body = tokens
      .map((each) => (each.startsWith('<a') && each.endsWith('">') ? `${each}</a>` : each))
      .join('');
    const whole = `${start}<m>${body}</m>${start.endsWith('<s>') ? '</s>' : '</s:s>'}`;
    const cut = at % whole.length;
    return damaged ? whole.slice(0, cut) + extra + whole.slice(cut + (at % 3)) : whole;
  })
  .filter((text) => text.isWellFormed() && !trimmedNamespace.test(text));

it('takes and refuses the same streams as another parser, and reads the same from them', () => {
  let accepted = 0;
  fc.assert(
    fc.property(stream, fc.constantFrom(1, 3, 7, 4096), (text, step) => {
      const expected = stanzasBySaxes(text);
      expect(stanzasByUs(text, step)).toEqual(expected);
      if (expected !== undefined) accepted++;
    }),
    { numRuns: 2_000 },
  );
  // Streams that both refuse would agree about nothing.
  expect(accepted).toBeGreaterThan(100);
});
