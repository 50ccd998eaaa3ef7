import { createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { conversation, eventually, NOW, stanzaAt } from '../../../test/conversation.js';
import { SmallExchange } from '../../../test/small-exchange.js';
import type { MediaContent } from '../content/codec.js';
import { phoneLimits } from '../phone-limits.js';
import { downloadMedia } from './download-media.js';
import { imageSize } from './image-size.js';
import { openMedia, readMediaReference } from './open-media.js';
import { sealMedia } from './seal-media.js';

const INFO = {
  image: 'WhatsApp Image Keys',
  voice: 'WhatsApp Audio Keys',
  video: 'WhatsApp Video Keys',
  document: 'WhatsApp Document Keys',
} as const;
const PNG = Buffer.concat([
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
  Buffer.from([0, 0, 0, 7, 0, 0, 0, 5]),
]);

afterEach(() => vi.useRealTimers());

describe('media of phones, judged by node:crypto', () => {
  it.each(['image', 'voice', 'video', 'document'] as const)(
    'opens a %s that an account sends',
    async (kind) => {
      const exchange = new SmallExchange();
      for (const size of [0, 1, 15, 16, 65_510, 65_536, 200_003]) {
        const file = randomBytes(size);
        const media = exchange.publish(file, INFO[kind]);
        expect(Buffer.from(await downloadMedia(exchange, kind, media))).toEqual(file);
      }
    },
  );

  it('opens what it seals, of any length', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('image' as const, 'video' as const),
        (file, kind) => {
          const { blob, ...media } = sealMedia(file, kind);
          expect(blob.length).toBe(16 * (Math.floor(file.length / 16) + 1) + 10);
          expect(openMedia(blob, readMediaReference(kind, { ...media, directPath: '/v' }))).toEqual(file);
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each([
    ['one ciphertext byte', (blob: Buffer) => blob.writeUInt8((blob[0] ?? 0) ^ 1, 0)],
    ['one MAC byte', (blob: Buffer) => blob.writeUInt8((blob.at(-1) ?? 0) ^ 1, blob.length - 1)],
  ])(
    'refuses %s changed on the way by its hash, and by its MAC when the sender lies about the hash',
    async (_what, change) => {
      const exchange = new SmallExchange();
      const file = Buffer.from('a photo of a cat');
      const honest = exchange.publish(file, INFO.image);
      const blob = Buffer.from(exchange.blobs.get(honest.directPath) ?? []);
      change(blob);
      exchange.blobs.set(honest.directPath, blob);
      await expect(downloadMedia(exchange, 'image', honest)).rejects.toMatchObject({
        code: 'media_enc_hash_mismatch',
      });
      const lying = exchange.publish(file, INFO.image, change);
      await expect(downloadMedia(exchange, 'image', lying)).rejects.toMatchObject({
        code: 'media_mac_mismatch',
      });
    },
  );

  it.each<[string, (media: MediaContent) => MediaContent]>([
    ['media_hash_mismatch', (media) => ({ ...media, fileSha256: randomBytes(32) })],
    ['media_length_mismatch', (media) => ({ ...media, fileLength: 3 })],
    ['media_sidecar_mismatch', (media) => ({ ...media, streamingSidecar: randomBytes(10) })],
    ['media_mac_mismatch', (media) => ({ ...media, mediaKey: randomBytes(32) })],
    ['media_reference_invalid', (media) => ({ ...media, mediaKey: randomBytes(31) })],
    ['media_reference_invalid', (media) => ({ ...media, fileSha256: randomBytes(20) })],
    ['media_reference_invalid', (media) => ({ ...media, directPath: 'https://elsewhere' })],
    ['media_too_large', (media) => ({ ...media, fileLength: phoneLimits.mediaBytes + 1 })],
    ['media_unavailable', (media) => ({ ...media, directPath: '/gone' })],
  ])('refuses with %s', async (code, change) => {
    const exchange = new SmallExchange();
    const media = change(exchange.publish(Buffer.from('a file'), INFO.document));
    await expect(downloadMedia(exchange, 'document', media)).rejects.toMatchObject({ code });
  });

  it('refuses a blob shorter than its MAC', async () => {
    const exchange = new SmallExchange();
    const blob = randomBytes(10);
    const media = exchange.publish(Buffer.from('a'), INFO.image);
    exchange.blobs.set(media.directPath, blob);
    const lying = { ...media, fileEncSha256: createHash('sha256').update(blob).digest() };
    await expect(downloadMedia(exchange, 'image', lying)).rejects.toMatchObject({
      code: 'media_mac_mismatch',
    });
  });

  it('gives up on a download that does not end', async () => {
    vi.useFakeTimers();
    const media = new SmallExchange().publish(Buffer.from('a'), INFO.image);
    const never = { mediaDownload: () => new Promise<Uint8Array>(() => undefined) };
    const download = downloadMedia(never, 'image', media);
    const refused = expect(download).rejects.toMatchObject({ code: 'media_deadline' });
    await vi.advanceTimersByTimeAsync(phoneLimits.mediaDownloadMs);
    await refused;
  });

  it('reads the size of PNG and JPEG files from their headers', () => {
    const jpeg = Buffer.from('ffd8ffe000040000ffc00011080005000703012200', 'hex');
    expect(imageSize(PNG)).toEqual({ width: 7, height: 5 });
    expect(imageSize(jpeg)).toEqual({ width: 7, height: 5 });
    expect(imageSize(jpeg.subarray(0, 12))).toBeUndefined();
    expect(imageSize(Buffer.from('GIF89a'))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => void imageSize(Buffer.concat([jpeg.subarray(0, 2), bytes]))),
    );
  });
});

describe('files that a phone sends', () => {
  const thumbnail = Uint8Array.of(1, 2, 3);
  const file = randomBytes(70_000);

  async function sent(outgoing: Parameters<ReturnType<typeof conversation>['phone']['send']>[1]) {
    const { phone, account, exchange } = conversation();
    await phone.send(account.jid, outgoing);
    const stanza = await stanzaAt(account, 'message');
    expect(stanza.attrs.type).toBe('media');
    return { content: await account.read(stanza), exchange };
  }

  function open(media: MediaContent | undefined, info: string, exchange: SmallExchange): Buffer {
    const blob = Buffer.from(exchange.blobs.get(media?.directPath ?? '') ?? []);
    const okm = Buffer.from(
      hkdfSync('sha256', media?.mediaKey ?? Buffer.alloc(0), Buffer.alloc(0), info, 112),
    );
    const mac = createHmac('sha256', okm.subarray(48, 80))
      .update(okm.subarray(0, 16))
      .update(blob.subarray(0, -10));
    expect(blob.subarray(-10)).toEqual(mac.digest().subarray(0, 10));
    expect(Buffer.from(media?.fileEncSha256 ?? [])).toEqual(createHash('sha256').update(blob).digest());
    const windows = [blob.subarray(0, 65_552), blob.subarray(65_536)].filter((window) => window.length > 0);
    const sums = windows.map((each) =>
      createHmac('sha256', okm.subarray(48, 80)).update(each).digest().subarray(0, 10),
    );
    if (media?.streamingSidecar) expect(Buffer.from(media.streamingSidecar)).toEqual(Buffer.concat(sums));
    const decipher = createDecipheriv('aes-256-cbc', okm.subarray(16, 48), okm.subarray(0, 16));
    const plain = Buffer.concat([decipher.update(blob.subarray(0, -10)), decipher.final()]);
    expect(Buffer.from(media?.fileSha256 ?? [])).toEqual(createHash('sha256').update(plain).digest());
    expect(media?.fileLength).toBe(plain.length);
    expect(media?.mediaKeyTimestamp).toBe(NOW / 1000);
    return plain;
  }

  it('sends a photo with the size from its header', async () => {
    const image = { kind: 'image', file: PNG, mimetype: 'image/png', caption: 'look', thumbnail } as const;
    const { content, exchange } = await sent(image);
    expect(open(content.imageMessage, INFO.image, exchange)).toEqual(PNG);
    expect(content.imageMessage).toMatchObject({
      mimetype: 'image/png',
      caption: 'look',
      width: 7,
      height: 5,
    });
    expect([...(content.imageMessage?.jpegThumbnail ?? [])]).toEqual([1, 2, 3]);
  });

  it('sends a voice note with waveform and sidecar', async () => {
    const { content, exchange } = await sent({ kind: 'voice', file, mimetype: 'audio/ogg', seconds: 4 });
    expect(open(content.audioMessage, INFO.voice, exchange)).toEqual(file);
    expect(content.audioMessage).toMatchObject({ ptt: true, seconds: 4 });
    expect(content.audioMessage?.waveform).toHaveLength(64);
    expect(content.audioMessage?.waveform?.every((bar) => bar <= 100)).toBe(true);
    expect(content.audioMessage?.streamingSidecar).toHaveLength(20);
  });

  it('sends a video and a document', async () => {
    const video = {
      kind: 'video',
      file,
      mimetype: 'video/mp4',
      seconds: 9,
      width: 4,
      height: 3,
      thumbnail,
    } as const;
    const { content, exchange } = await sent(video);
    expect(open(content.videoMessage, INFO.video, exchange)).toEqual(file);
    expect(content.videoMessage).toMatchObject({ seconds: 9, width: 4, height: 3, mimetype: 'video/mp4' });
    const document = { kind: 'document', file, mimetype: 'application/pdf', fileName: 'a.pdf' } as const;
    const other = await sent(document);
    expect(open(other.content.documentMessage, INFO.document, other.exchange)).toEqual(file);
    expect(other.content.documentMessage).toMatchObject({ fileName: 'a.pdf', title: 'a.pdf' });
  });

  it('receives each kind, and lists no file that was tampered with', async () => {
    const { phone, account, exchange } = conversation();
    const bundle = phone.takeBundle();
    const audioMessage = {
      ...exchange.publish(file, INFO.voice),
      ptt: true,
      seconds: 4,
      mimetype: 'audio/ogg',
    };
    phone.receive(await account.message(phone.jid, { audioMessage }, { bundle }));
    const videoMessage = { ...exchange.publish(file, INFO.video), seconds: 2, caption: 'sea' };
    phone.receive(await account.message(phone.jid, { videoMessage }));
    const documentMessage = { ...exchange.publish(file, INFO.document), fileName: 'a.pdf' };
    phone.receive(await account.message(phone.jid, { documentMessage }));
    const imageMessage = exchange.publish(file, INFO.image, (blob) => blob.writeUInt8((blob[9] ?? 0) ^ 4, 9));
    phone.receive(await account.message(phone.jid, { imageMessage }));
    expect(await eventually(() => phone.refusals()[0])).toMatchObject({ code: 'media_mac_mismatch' });
    const sha256 = createHash('sha256').update(file).digest('hex');
    expect(phone.received()).toMatchObject([
      { kind: 'voice', seconds: 4, sha256, mimetype: 'audio/ogg' },
      { kind: 'video', seconds: 2, sha256, caption: 'sea' },
      { kind: 'document', fileName: 'a.pdf', sha256 },
    ]);
  });
});
