import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Largest secret file, in bytes. */
export const maxSecretFileBytes = 65_536;

export type SecretFile = { readonly text: string } | { readonly problem: string };

/** The file's text without its trailing newline, or why it cannot be had. Never throws. */
export function readSecretFile(path: string): SecretFile {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const status = fstatSync(descriptor);
    if (!status.isFile()) return { problem: 'not a regular file' };
    // One byte more than allowed, and not what its size says: it may grow meanwhile.
    const bytes = Buffer.alloc(maxSecretFileBytes + 1);
    const length = readSync(descriptor, bytes);
    if (length > maxSecretFileBytes) return { problem: `larger than ${maxSecretFileBytes} bytes` };
    return { text: bytes.toString('utf8', 0, length).replace(/\r?\n$/, '') };
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? String(err.code) : 'unknown error';
    return { problem: `the file cannot be read (${code})` };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
