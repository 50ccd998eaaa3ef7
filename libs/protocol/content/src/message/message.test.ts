import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ContentError,
  documentMessage,
  encodeMessage,
  imageMessage,
  reactionMessage,
  readMessage,
  replyMessage,
  textMessage,
  videoMessage,
  voiceMessage,
} from '../index.js';
import type { MediaReference, MessageInit } from '../index.js';

const through = (message: MessageInit) => readMessage(encodeMessage(message));
const text = fc.string({ unit: 'grapheme', maxLength: 200 });
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const media = fc.record<MediaReference>({
  mimetype: fc.constantFrom('image/jpeg', 'audio/ogg; codecs=opus'),
  directPath: fc.string().map((path) => `/${path}`),
  mediaKey: key,
  mediaKeyTimestamp: fc.nat(),
  fileSha256: key,
  fileEncSha256: key,
  fileLength: fc.maxSafeNat(),
});

describe('what goes in comes out', () => {
  it('text, replies and reactions', () => {
    fc.assert(
      fc.property(text, fc.boolean(), (value, fromMe) => {
        expect(through(textMessage(value))).toEqual({ kind: 'text', text: value });
        const quoted = { id: 'Q', sender: '1@s.whatsapp.net' };
        expect(through(replyMessage(value, quoted, textMessage('q')))).toEqual({
          kind: 'reply',
          text: value,
          quoted,
        });
        expect(through(reactionMessage(value, { id: 'T', remoteJid: 'x@y', fromMe }, 1))).toEqual({
          kind: 'reaction',
          text: value,
          targetId: 'T',
          targetFromMe: fromMe,
        });
      }),
    );
  });

  it('the four kinds of media', () => {
    fc.assert(
      fc.property(media, text, fc.nat(), (file, caption, number) => {
        const waveform = new Uint8Array([1, 2]);
        const image = { caption, width: number, height: 2 };
        expect(through(imageMessage(file, image))).toEqual({ kind: 'image', media: file, ...image });
        const film = { caption, seconds: number };
        expect(through(videoMessage(file, film))).toEqual({ kind: 'video', media: file, ...film });
        const voice = { seconds: number, waveform };
        expect(through(voiceMessage(file, voice))).toEqual({ kind: 'voice', media: file, ...voice });
        const paper = { caption, fileName: caption };
        expect(through(documentMessage(file, paper))).toEqual({ kind: 'document', media: file, ...paper });
      }),
    );
  });

  it('media that answers a message', () => {
    const [file] = fc.sample(media, 1) as [MediaReference];
    expect(through(imageMessage(file, { quoted: { id: 'Q' } }))).toMatchObject({
      kind: 'image',
      quoted: { id: 'Q' },
    });
  });
});

describe('what others send', () => {
  it('reads extended text without a quote as text', () => {
    expect(through({ extendedTextMessage: { text: 'see' } })).toEqual({ kind: 'text', text: 'see' });
  });

  it('tells an audio file from a voice note', () => {
    const [file] = fc.sample(media, 1) as [MediaReference];
    const { audioMessage } = voiceMessage(file) as { audioMessage: object };
    expect(through({ audioMessage: { ...audioMessage, ptt: false } })).toMatchObject({ kind: 'audio' });
  });

  it('reads taking back and editing', () => {
    const target = { key: { id: 'T' } };
    expect(through({ protocolMessage: { ...target, type: 0 } })).toEqual({ kind: 'revoke', targetId: 'T' });
    const edited = { ...target, type: 14, editedMessage: { conversation: 'new' } };
    expect(through({ protocolMessage: edited })).toEqual({ kind: 'edit', targetId: 'T', text: 'new' });
  });

  it('names the fields of content it does not read', () => {
    expect(through({ locationMessage: new Uint8Array([8, 1]) })).toEqual({
      kind: 'unsupported',
      fields: [5],
    });
    expect(readMessage(new Uint8Array([0xfa, 0x0f, 0]))).toEqual({ kind: 'unsupported', fields: [255] });
    expect(through({ protocolMessage: { key: { id: 'T' }, type: 14 } })).toEqual({
      kind: 'unsupported',
      fields: [12],
    });
  });

  it('refuses nothing at all and a media message without a usable reference', () => {
    expect(() => readMessage(new Uint8Array())).toThrow(new ContentError('content_empty'));
    const [file] = fc.sample(media, 1) as [MediaReference];
    const wrong = [
      { mediaKey: new Uint8Array(31) },
      { fileEncSha256: new Uint8Array() },
      { directPath: 'http://x' },
    ];
    for (const change of wrong) {
      expect(() => imageMessage({ ...file, ...change })).toThrow(ContentError);
    }
    expect(() => imageMessage({ ...file, fileLength: -1 })).toThrow(ContentError);
    expect(() => through({ imageMessage: { url: 'x' } })).toThrow(
      new ContentError('media_reference_invalid'),
    );
  });

  it('refuses to send half a character', () => {
    expect(() => textMessage('a\ud800')).toThrow(new ContentError('text_malformed'));
  });

  it('answers arbitrary bytes with content or a ContentError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          expect(readMessage(bytes)).toHaveProperty('kind');
        } catch (error) {
          expect(error).toBeInstanceOf(ContentError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('answers damaged messages with content or a ContentError', () => {
    const damage = fc.tuple(media, fc.nat(), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(damage, ([file, at, value]) => {
        const bytes = encodeMessage(imageMessage(file));
        bytes[at % bytes.byteLength] = value;
        try {
          readMessage(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ContentError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
