import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serializeXml, stanza, type Stanza, XmlError, type XmlLimits, XmlStreamParser } from './index.js';

const limits: XmlLimits = { maxLength: 65_536, maxDepth: 16, maxElements: 100, maxAttributes: 16 };
const open = '<stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams" to="a">';
const utf8 = (text: string) => new TextEncoder().encode(text);

function read(
  chunks: readonly Uint8Array[],
  bounds = limits,
): { stanzas: Stanza[]; events: string[]; code: string } {
  const stanzas: Stanza[] = [];
  const events: string[] = [];
  const parser = new XmlStreamParser(bounds, {
    onStart: (root) => events.push(`start ${root.tag} ${root.attrs['to'] ?? ''}`),
    onStanza: (read) => stanzas.push(read),
    onEnd: () => events.push('end'),
  });
  try {
    for (const chunk of chunks) parser.push(chunk);
  } catch (error) {
    if (error instanceof XmlError) return { stanzas, events, code: error.code };
    throw error;
  }
  return { stanzas, events, code: 'accepted' };
}

const readText = (text: string, bounds = limits) => read([utf8(open + text)], bounds);

describe('a stream', () => {
  it('gives its start, its stanzas and its end', () => {
    const { events, stanzas, code } = read([
      utf8(`<?xml version="1.0" encoding="UTF-8"?>${open}\n<iq id="1"><ping xmlns="urn:xmpp:ping"/></iq>`),
      utf8(' <message><body>a &amp; &#x1f600;<![CDATA[<b>]]></body></message></stream:stream>'),
    ]);
    expect(code).toBe('accepted');
    expect(events).toEqual(['start stream:stream a', 'end']);
    expect(stanzas).toEqual([
      stanza('iq', { id: '1' }, [stanza('ping', { xmlns: 'urn:xmpp:ping' })]),
      stanza('message', {}, [stanza('body', {}, 'a & 😀<b>')]),
    ]);
  });

  it('may be cut anywhere, also inside a character', () => {
    const bytes = utf8(`${open}<message><body>héllo 😀</body></message>`);
    const { stanzas } = read(Array.from(bytes, (byte) => Uint8Array.of(byte)));
    expect(stanzas).toEqual([stanza('message', {}, [stanza('body', {}, 'héllo 😀')])]);
  });

  it('hands over the stanzas before an error in the same chunk', () => {
    for (const rest of ['<b>&evil;</b><c/>', '&evil;', '<b x="1" y=>', '<!---->', '<', '\u0001']) {
      const { stanzas } = readText(`<a/>${rest}`);
      expect(stanzas.map(({ tag }) => tag)).toEqual(['a']);
    }
    expect(readText('<a/><b>&evil;</b>').code).toBe('malformed');
  });
});

describe('defects that a lenient parser has', () => {
  it.each([
    ['an unknown entity', '<message><body>&evil;</body></message>', 'malformed'],
    ['a document type between stanzas', '<!DOCTYPE x><message/>-->', 'restricted'],
    ['a comment', '<!-- <message/> --><message/>', 'restricted'],
    ['a processing instruction', '<?php x ?><message/>', 'restricted'],
    ['a second XML declaration', '<?xml version="1.0"?>', 'restricted'],
    ['an attribute twice', '<message from="a" from="b"/>', 'duplicate_attribute'],
    ['an attribute twice through namespaces', '<m xmlns:a="u" xmlns:b="u" a:x="1" b:x="2"/>', 'malformed'],
    ['an unbound prefix', '<evil:message/>', 'malformed'],
    ['tags that do not match', '<message></iq>', 'malformed'],
    ['a control character', '<message>\u0001</message>', 'malformed'],
    ['a control character by reference', '<message>&#x1;</message>', 'malformed'],
    ['U+FFFE', '<message>\ufffe</message>', 'malformed'],
    ['text between stanzas', 'junk<message/>', 'malformed'],
    ['text beside elements', '<message>a<b/></message>', 'mixed_content'],
  ])('%s is refused', (_name, text, code) => {
    const result = readText(text);
    expect(result.code).toBe(code);
    expect(result.stanzas).toEqual([]);
  });

  it('keeps a stanza without the text beside its elements where that is asked for', () => {
    const { code, stanzas } = readText('<message>a<b/>c</message>', { ...limits, dropsMixedText: true });
    expect({ code, stanzas }).toEqual({ code: 'accepted', stanzas: [stanza('message', {}, [stanza('b')])] });
  });

  it('refuses a document type before the root, entities unread', () => {
    const bomb = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>';
    expect(read([utf8(bomb)])).toMatchObject({ events: [], code: 'restricted' });
  });

  it('refuses bytes that are not UTF-8, and another declared encoding', () => {
    expect(read([utf8(`${open}<a>`), Uint8Array.of(0xc3, 0x28)]).code).toBe('bad_encoding');
    // No character begins with these, so nothing that comes later could mend them.
    for (const byte of [0xc0, 0xc1, 0xf5, 0xff])
      expect(read([utf8(`${open}<a>`), Uint8Array.of(byte)]).code).toBe('bad_encoding');
    expect(read([utf8('<?xml version="1.0" encoding="latin1"?><a>')]).code).toBe('bad_encoding');
  });

  it('refuses data after the end', () => {
    expect(readText('</stream:stream><message/>')).toMatchObject({
      events: ['start stream:stream a', 'end'],
      code: 'malformed',
      stanzas: [],
    });
  });

  it('stays closed after an error and after the end', () => {
    const handlers = { onStart: () => undefined, onStanza: () => undefined, onEnd: () => undefined };
    for (const first of ['<a>&evil;', '<a></a>']) {
      const parser = new XmlStreamParser(limits, handlers);
      try {
        parser.push(utf8(first));
      } catch (error) {
        expect(error).toBeInstanceOf(XmlError);
      }
      expect(() => parser.push(utf8('<b/>'))).toThrow('XML: closed');
    }
  });

  it('names the stream error to answer with', () => {
    expect(new XmlError('restricted').condition).toBe('restricted-xml');
    expect(new XmlError('too_large').condition).toBe('policy-violation');
  });
});

describe('limits', () => {
  const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth);

  it.each([
    ['depth', nested(16), nested(17), 'too_deep'],
    ['elements', `<a>${'<b/>'.repeat(99)}</a>`, `<a>${'<b/>'.repeat(100)}</a>`, 'too_many_elements'],
    ['attributes', `<a ${attributes(16)}/>`, `<a ${attributes(17)}/>`, 'too_many_attributes'],
    ['length', `<a>${'x'.repeat(65_529)}</a>`, `<a>${'x'.repeat(65_530)}</a>`, 'too_large'],
  ])('%s', (_name, within, beyond, code) => {
    expect(readText(within + within)).toMatchObject({ code: 'accepted', stanzas: [{}, {}] });
    expect(readText(beyond).code).toBe(code);
  });

  /** What is in use, without the rubbish that other tests of the process have left. */
  function heapUsed(): number {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    return process.memoryUsage().heapUsed;
  }

  function attributes(count: number): string {
    return Array.from({ length: count }, (_, i) => `a${i}="1"`).join(' ');
  }

  it.each(['<a>', '<a ', '<a b="', '<a><![CDATA[', ' '])(
    '32 MiB of junk after %j take no memory',
    (start) => {
      const junk = new Uint8Array(16 * 1024).fill(start === ' ' ? 0x20 : 0x78);
      const before = heapUsed();
      let taken = 0;
      const parser = new XmlStreamParser(limits, {
        onStart: () => undefined,
        onStanza: () => undefined,
        onEnd: () => undefined,
      });
      parser.push(utf8(`${open}<m/>`));
      try {
        parser.push(utf8(start));
        for (; taken < 2048; taken++) parser.push(junk);
      } catch (error) {
        expect(error).toBeInstanceOf(XmlError);
      }
      // White space between stanzas keeps a connection alive and is taken for ever; all else ends at the limit.
      expect(taken).toBe(start === ' ' ? 2048 : 3);
      expect(heapUsed() - before).toBeLessThan(1024 * 1024);
    },
  );

  it('cut 32 MiB in one piece short as well', () => {
    const junk = new Uint8Array(32 * 1024 * 1024).fill(0x78);
    expect(read([utf8(`${open}<a>`), junk]).code).toBe('too_large');
    expect(read([utf8(open), junk]).code).toBe('malformed');
  });
});

describe('serializeXml', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,10}$/).filter((text) => !text.startsWith('xml'));
  const text = fc
    .string({ unit: 'grapheme' })
    .filter((value) => !/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(value));
  const attrs = fc.dictionary(name, text, { maxKeys: 5 }).map((found) => ({ ...found }));
  const { element } = fc.letrec<{ element: Stanza }>((tie) => ({
    element: fc.oneof(
      { maxDepth: 3 },
      fc.record({ tag: name, attrs }),
      fc.record({ tag: name, attrs, content: text.filter((value) => value !== '') }),
      fc.record({ tag: name, attrs, content: fc.array(tie('element'), { minLength: 1, maxLength: 4 }) }),
    ),
  }));

  it('writes what the parser reads back', () => {
    fc.assert(
      fc.property(element, (value) => {
        const { stanzas, code } = readText(serializeXml(value), { ...limits, maxElements: 1000 });
        expect(code).toBe('accepted');
        expect(stanzas).toEqual([value]);
      }),
    );
  });

  it('refuses what XML cannot say', () => {
    const deep = Array.from({ length: 64 }).reduce<Stanza>((inner) => stanza('a', {}, [inner]), stanza('a'));
    for (const [value, code] of [
      [stanza('a b'), 'not_encodable'],
      [stanza('a', { 'b c': '' }), 'not_encodable'],
      [stanza('a', { b: '\u0000' }), 'not_encodable'],
      [stanza('a', { b: { user: '42', server: 'lid' } }), 'not_encodable'],
      [stanza('a', {}, '\ud800'), 'not_encodable'],
      [stanza('a', {}, Uint8Array.of(0xff)), 'not_encodable'],
      [deep, 'too_deep'],
    ] as const) {
      expect(() => serializeXml(value)).toThrow(`XML: ${code}`);
    }
  });

  it('gives XmlError and nothing else for any text', () => {
    const piece = fc.constantFrom('<', '>', '/', '&', ';', '"', ' ', 'a', '!', '?', '[', ']', '-', '=', ':');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((all) => all.join('')),
        ),
        (value) => {
          readText(value);
          read([utf8(value)]);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
