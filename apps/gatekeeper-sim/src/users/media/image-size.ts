const PNG = [0x89, 0x50, 0x4e, 0x47];
const JPEG = [0xff, 0xd8];

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Pixels of a PNG or JPEG as its header states them; undefined for anything else. */
export function imageSize(file: Uint8Array): ImageSize | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (PNG.every((byte, i) => file[i] === byte) && file.length >= 24) {
    return { width: view.getUint32(16), height: view.getUint32(20) };
  }
  return JPEG.every((byte, i) => file[i] === byte) ? jpegSize(view) : undefined;
}

/** Walks the segments up to the start of a frame (C0 to CF, without the tables C4, C8 and CC). */
function jpegSize(view: DataView): ImageSize | undefined {
  let at = 2;
  while (at + 9 <= view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    const frame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (frame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += 2 + Math.max(2, view.getUint16(at + 2));
  }
  return undefined;
}
