/** @returns an unsigned number as big-endian bytes, as prekey ids (3 bytes) and registration ids (4 bytes) travel. */
export function bigEndian(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

/** @returns the big-endian number in 1 to 6 bytes, or undefined when there are none or too many. */
export function readBigEndian(bytes: Uint8Array | undefined): number | undefined {
  if (bytes === undefined || bytes.length === 0 || bytes.length > 6) return undefined;
  return Buffer.from(bytes).readUIntBE(0, bytes.length);
}

/** @returns the decimal number of an attribute, or undefined when it is not one. */
export function readDecimal(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}
