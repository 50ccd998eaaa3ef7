/// <reference types="./xmpp.js" />
import { parseAddress } from '@causeway/jid';
import { type Stanza, stanza, textOf, XmlError, XmlStreamParser } from '@causeway/xml';
import { client } from '@xmpp/client';
import { Element, Parser } from '@xmpp/xml';
import { describe, expect, it } from 'vitest';
import { Queries } from '../connection/queries.js';
import { TestClock } from '../testing/test-clock.js';
import type { XmppEntity } from './entity.js';

const header = '<stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams">';
const limits = { maxLength: 65_536, maxDepth: 32, maxElements: 1_000, maxAttributes: 64 };

/** Names and texts of the stanzas that @xmpp's own parser gives for these chunks, as @xmpp/connection hands them over. */
function shipped(...chunks: readonly (string | Buffer)[]): string[] {
  const parser = new Parser();
  const seen: string[] = [];
  parser.on('element', (element: Element) => seen.push(`${element.name} ${element.children.join('')}`));
  parser.write(header);
  for (const chunk of chunks) parser.write(chunk.toString('utf8'));
  return seen;
}

/** The same of ours, with the code of the error that ended it. */
function ours(...chunks: readonly (string | Buffer)[]): string[] {
  const seen: string[] = [];
  const parser = new XmlStreamParser(limits, {
    onStart: () => undefined,
    onStanza: (read: Stanza) => seen.push(`${read.tag} ${textOf(read) ?? ''}`),
    onEnd: () => undefined,
  });
  try {
    for (const chunk of [header, ...chunks]) parser.push(Buffer.from(chunk));
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    seen.push(error.condition);
  }
  return seen;
}

describe('what @xmpp and ltx do as shipped, and we do not', () => {
  it('throws out of the socket’s handler for an unknown entity, which ends the process', () => {
    const entity = client({ service: 'xmpp://localhost', domain: 'localhost', timeout: 1_000 });
    const errors: unknown[] = [];
    entity.on('error', (error) => errors.push(error));
    Object.assign(entity, { parser: new Parser() });
    entity._onData(Buffer.from(header));
    const bad = Buffer.from('<message>&evil;</message>');
    expect(() => entity._onData(bad)).toThrow('Illegal XML entity');
    expect(errors).toEqual([]);
    expect(ours('<a/>', bad)).toEqual(['a ', 'not-well-formed']);
  });

  it('swallows stanzas after a document type', () => {
    const text = '<!DOCTYPE x><message>1</message><message>2</message>--><message>3</message>';
    expect(shipped(text)).toEqual(['message 3']);
    expect(ours(text)).toEqual(['restricted-xml']);
  });

  it('damages a character that is cut by a chunk', () => {
    const bytes = Buffer.from('<message>😀</message>');
    const chunks = [bytes.subarray(0, 11), bytes.subarray(11)];
    expect(shipped(...chunks)).not.toEqual(['message 😀']);
    expect(ours(...chunks)).toEqual(['message 😀']);
  });

  it('holds text, depth and elements without a bound', () => {
    const chunk = 'x'.repeat(16_384);
    const endless = ['<message>', ...new Array<string>(16).fill(chunk)];
    expect(shipped(...endless, '</message>')[0]).toHaveLength(16 * chunk.length + 'message '.length);
    expect(ours(...endless, '</message>')).toEqual(['policy-violation']);
    const deep = '<a>'.repeat(1_000) + '</a>'.repeat(1_000);
    expect(shipped(deep)).toHaveLength(1);
    expect(ours(deep)).toEqual(['policy-violation']);
    const wide = `<a>${'<b/>'.repeat(2_000)}</a>`;
    expect(shipped(wide)).toHaveLength(1);
    expect(ours(wide)).toEqual(['policy-violation']);
  });

  it('reads an unfinished text again with each chunk', () => {
    // Three times as many chunks cost three times as much, or nine times where each is read again with all before it.
    const [few, many, between] = [8_000, 24_000, 5] as const;
    const cpuMs = (take: (text: string) => void, chunks: number) => {
      const before = process.threadCpuUsage();
      take('<message>');
      for (let i = 0; i < chunks; i++) take('xxxx');
      const { user, system } = process.threadCpuUsage(before);
      return (user + system) / 1_000;
    };
    // The least of some: whatever else the machine does only adds.
    const least = (make: () => (text: string) => void, chunks: number) =>
      Math.max(1, Math.min(...[1, 2, 3].map(() => cpuMs(make(), chunks))));
    const theirs = () => {
      const parser = new Parser();
      parser.write(header);
      return (text: string) => parser.write(text);
    };
    const handlers = { onStart: () => undefined, onStanza: () => undefined, onEnd: () => undefined };
    const own = () => {
      const parser = new XmlStreamParser({ ...limits, maxLength: 5 * many }, handlers);
      parser.push(Buffer.from(header));
      return (text: string) => parser.push(Buffer.from(text));
    };
    expect(least(theirs, many) / least(theirs, few)).toBeGreaterThan(between);
    expect(least(own, many)).toBeLessThan(least(theirs, many) / between);
  });

  it('takes the last of two attributes of one name', () => {
    const text = '<message from="alice@a" from="mallory@a">x</message>';
    const parser = new Parser();
    const from: unknown[] = [];
    parser.on('element', (element: Element) => from.push(element.attrs['from']));
    parser.write(header + text);
    expect(from).toEqual(['mallory@a']);
    expect(ours(text)).toEqual(['not-well-formed']);
  });

  it('takes an answer from anybody who knows the id', async () => {
    const entity = client({ service: 'xmpp://localhost', domain: 'localhost', timeout: 1_000 });
    Object.assign(entity, { send: () => Promise.resolve() });
    const attrs = { type: 'result', id: 'A1', from: 'mallory@s.whatsapp.net' };
    const asked = { type: 'get', id: 'A1', to: '42@s.whatsapp.net' };
    const asking = entity.iqCaller.request(new Element('iq', asked), 1_000);
    entity.emit('element', new Element('iq', attrs));
    expect((await asking).attrs['from']).toBe('mallory@s.whatsapp.net');

    const request = Promise.withResolvers<Stanza>();
    const never: Partial<XmppEntity> = { request: () => request.promise };
    const queries = new Queries({
      entity: never as XmppEntity,
      clock: new TestClock(),
      maxQueries: 1,
      onSent: () => undefined,
    });
    const [them, mallory] = [parseAddress(asked.to), parseAddress(attrs.from)];
    const pending = queries.run(stanza('iq', { ...asked, to: them }), 1_000);
    expect(queries.accept(stanza('iq', { ...attrs, from: mallory }))).toBe(false);
    expect(queries.accept(stanza('iq', { ...attrs, from: them }))).toBe(true);
    request.resolve(stanza('iq'));
    await pending;
  });
});
