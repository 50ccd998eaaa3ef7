import { describe, expect, it } from 'vitest';
import { bytesOf, child, children, jidAttr, stanza, textAttr, textOf } from './index.js';

describe('stanza', () => {
  it('leaves out undefined attributes and absent content', () => {
    expect(stanza('ack', { id: '1', participant: undefined })).toStrictEqual({
      tag: 'ack',
      attrs: { id: '1' },
    });
  });

  it('keeps an attribute with any name', () => {
    const attrs = Object.fromEntries([['__proto__', 'x']]);
    expect(Object.entries(stanza('a', attrs).attrs)).toEqual([['__proto__', 'x']]);
  });

  it('tells a JID from a text that looks like one', () => {
    const jid = { user: '42', server: 'lid' };
    const both = stanza('a', { jid, text: '42@lid' });
    expect(jidAttr(both, 'jid')).toEqual(jid);
    expect(textAttr(both, 'text')).toBe('42@lid');
    for (const nothing of [textAttr(both, 'jid'), jidAttr(both, 'text'), textAttr(both, 'none')])
      expect(nothing).toBeUndefined();
    expect(jidAttr(both, 'none')).toBeUndefined();
    expect(textAttr(undefined, 'text')).toBeUndefined();
    expect(jidAttr(undefined, 'jid')).toBeUndefined();
  });

  it('finds children only in element content', () => {
    const message = stanza('message', {}, [
      stanza('enc', { v: '2' }, Uint8Array.of(1)),
      stanza('enc'),
      stanza('x'),
    ]);
    expect(children(message)).toHaveLength(3);
    expect(children(message, 'enc')).toHaveLength(2);
    expect(child(message, 'enc')?.attrs['v']).toBe('2');
    expect(child(message, 'nothing')).toBeUndefined();
    expect(children(stanza('enc', {}, Uint8Array.of(1)))).toEqual([]);
  });

  it('reads content as bytes or text', () => {
    expect(bytesOf(stanza('a', {}, 'é'))).toEqual(Uint8Array.of(0xc3, 0xa9));
    expect(textOf(stanza('a', {}, Uint8Array.of(0xc3, 0xa9)))).toBe('é');
    expect(textOf(stanza('a', {}, Uint8Array.of(0xff)))).toBeUndefined();
    expect(textOf(undefined)).toBeUndefined();
    expect(bytesOf(stanza('a', {}, [stanza('b')]))).toBeUndefined();
  });
});
