import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { decodeContent, encodeContent, type Content } from './codec.js';

/** The fields of one encoded message by number: numbers, and bytes as text. */
function fieldsOf(bytes: Uint8Array): Record<number, number | string> {
  const reader = protobuf.Reader.create(bytes);
  const fields: Record<number, number | string> = {};
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    fields[tag >>> 3] =
      (tag & 7) === 2 ? Buffer.from(reader.bytes()).toString('latin1') : Number(reader.uint64());
  }
  return fields;
}

/** The fields of the one message in a content, and that message's number. */
function inner(content: Content): [number, Record<number, number | string>] {
  const [[field, bytes] = ['0', '']] = Object.entries(fieldsOf(encodeContent(content)));
  return [Number(field), fieldsOf(Buffer.from(String(bytes), 'latin1'))];
}

describe('content on the wire', () => {
  const hashes = { fileSha256: Buffer.from('plain'), fileEncSha256: Buffer.from('blob'), fileLength: 11 };
  const place = { url: 'u', directPath: 'd', mediaKey: Buffer.from('key'), mediaKeyTimestamp: 12 };
  const media = { ...hashes, ...place, mimetype: 'm' };
  const picture = { caption: 'c', height: 13, width: 14, jpegThumbnail: Buffer.from('jpeg') };

  it('has the public field numbers', () => {
    expect(fieldsOf(encodeContent({ conversation: 'a' }))).toEqual({ 1: 'a' });
    const text = {
      text: 't',
      contextInfo: { stanzaId: 's', participant: 'p', quotedMessage: { conversation: 'q' } },
    };
    expect(inner({ extendedTextMessage: text })).toEqual([
      6,
      { 1: 't', 17: '\n\x01s\x12\x01p\x1a\x03\n\x01q' },
    ]);
    const reaction = { key: { remoteJid: 'j', fromMe: true, id: 'i' }, text: 'e', senderTimestampMs: 15 };
    expect(inner({ reactionMessage: reaction })).toEqual([
      46,
      { 1: '\n\x01j\x10\x01\x1a\x01i', 2: 'e', 4: 15 },
    ]);
  });

  it('has the public field numbers of media', () => {
    expect(inner({ imageMessage: { ...media, ...picture } })).toEqual([
      3,
      {
        1: 'u',
        2: 'm',
        3: 'c',
        4: 'plain',
        5: 11,
        6: 13,
        7: 14,
        8: 'key',
        9: 'blob',
        11: 'd',
        12: 12,
        16: 'jpeg',
      },
    ]);
    const streamed = { seconds: 16, streamingSidecar: Buffer.from('side') };
    expect(inner({ videoMessage: { ...media, ...picture, ...streamed } })).toEqual([
      9,
      {
        1: 'u',
        2: 'm',
        3: 'plain',
        4: 11,
        5: 16,
        6: 'key',
        7: 'c',
        9: 13,
        10: 14,
        11: 'blob',
        13: 'd',
        14: 12,
        16: 'jpeg',
        18: 'side',
      },
    ]);
    const voice = { ...media, ...streamed, ptt: true, waveform: Buffer.from('wave') };
    expect(inner({ audioMessage: voice })).toEqual([
      8,
      {
        1: 'u',
        2: 'm',
        3: 'plain',
        4: 11,
        5: 16,
        6: 1,
        7: 'key',
        8: 'blob',
        9: 'd',
        10: 12,
        18: 'side',
        19: 'wave',
      },
    ]);
    expect(inner({ documentMessage: { ...media, title: 't', fileName: 'f', caption: 'c' } })).toEqual([
      7,
      { 1: 'u', 2: 'm', 3: 't', 4: 'plain', 5: 11, 7: 'key', 8: 'f', 9: 'blob', 10: 'd', 11: 12, 20: 'c' },
    ]);
  });

  it('passes over fields that it does not know', () => {
    expect(decodeContent(Buffer.from('0a01619a06020801', 'hex'))).toEqual({ conversation: 'a' });
  });

  it('keeps numbers of 64 bits as numbers', () => {
    const imageMessage = { fileLength: 2 ** 40 + 1 };
    expect(decodeContent(encodeContent({ imageMessage }))).toEqual({ imageMessage });
  });
});
