import { describe, expect, it } from 'vitest';
import {
  ContentError,
  decodeMessage,
  encodeMessage,
  maxContentBytes,
  maxContentDepth,
  readMessage,
  textMessage,
} from './index.js';
import type { MessageInit } from './index.js';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ContentError) return error.code;
    throw error;
  }
  return 'no error';
}

/** A message whose quotes nest; each quote adds three messages to the depth. */
function quotes(depth: number): MessageInit {
  let message: MessageInit = { conversation: 'root' };
  for (let level = 0; level < depth; level++) {
    message = { extendedTextMessage: { text: '', contextInfo: { stanzaId: 'x', quotedMessage: message } } };
  }
  return message;
}

describe('the bounds of content', () => {
  it('keeps unknown fields at every level', () => {
    const bytes = Buffer.from('0a0161' + 'fa0f0162', 'hex');
    expect(Buffer.from(encodeMessage(decodeMessage(bytes))).toString('hex')).toBe('0a0161fa0f0162');
    const nested = Buffer.from('3207' + '0a0178' + 'fa0f017a', 'hex');
    expect(Buffer.from(encodeMessage(decodeMessage(nested))).toString('hex')).toBe(nested.toString('hex'));
  });

  it('refuses one byte more than 256 KiB, to read and to write', () => {
    const header = 4;
    const largest = encodeMessage(textMessage('a'.repeat(maxContentBytes - header)));
    expect(largest.byteLength).toBe(maxContentBytes);
    expect(readMessage(largest)).toMatchObject({ kind: 'text' });
    expect(codeOf(() => encodeMessage(textMessage('a'.repeat(maxContentBytes - header + 1))))).toBe(
      'content_too_large',
    );
    expect(codeOf(() => decodeMessage(new Uint8Array(maxContentBytes + 1)))).toBe('content_too_large');
  });

  it('refuses nesting beyond 100 levels and reads what is within', () => {
    expect(readMessage(encodeMessage(quotes(Math.floor((maxContentDepth - 1) / 3))))).toMatchObject({
      kind: 'reply',
    });
    expect(codeOf(() => decodeMessage(encodeMessage(quotes(40))))).toBe('content_too_deep');
  });

  it('refuses groups nested without end', () => {
    const groups = new Uint8Array(100_000).fill(0x0b);
    expect(codeOf(() => decodeMessage(groups))).toMatch(/^content_/);
  });

  it('refuses to write a value nested without end', () => {
    expect(codeOf(() => encodeMessage(quotes(20_000)))).toBe('content_too_deep');
  });

  it('names the error without repeating the content', () => {
    expect(new ContentError('content_malformed').message).toBe('The bytes are not a valid message');
  });
});
