import { createCipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import type { LocalUser, Node, Switchboard } from '../src/seam.js';
import type { MediaContent } from '../src/users/content/codec.js';
import { AccountDevice } from './account-device.js';

/** The smallest gatekeeper there can be: it hands stanzas over at once and keeps blobs in memory. */
export class SmallExchange implements Switchboard {
  readonly accounts = new Map<string, AccountDevice>();
  readonly users = new Map<string, LocalUser>();
  readonly blobs = new Map<string, Uint8Array>();
  readonly identityChanges: string[] = [];

  enlist(jid: string): AccountDevice {
    const device = new AccountDevice(jid);
    this.accounts.set(jid, device);
    return device;
  }

  register(user: LocalUser): void {
    this.users.set(user.jid, user);
  }

  bundleOf(accountJid: string) {
    return this.accounts.get(accountJid)?.takeBundle();
  }

  deliver(accountJid: string, node: Node) {
    const account = this.accounts.get(accountJid);
    account?.stanzas.push(node);
    return account === undefined ? 'unknown-account' : 'delivered-or-queued';
  }

  resolve(identifier: string): string | undefined {
    return identifier === 'alice@example.org' ? '1-42@interop' : undefined;
  }

  onIdentityChange(userJid: string): void {
    this.identityChanges.push(userJid);
  }

  mediaUpload(bytes: Uint8Array, type: string) {
    const directPath = `/v/t62.${type}-${this.blobs.size}`;
    this.blobs.set(directPath, bytes);
    return { directPath, url: `https://media.invalid${directPath}` };
  }

  async mediaDownload(directPath: string): Promise<Uint8Array> {
    const blob = this.blobs.get(directPath);
    if (blob === undefined) throw new Error('gone');
    return blob;
  }

  /** Puts a file that an account sends on its integrator's media host, encrypted by node:crypto, and gives its fields. */
  publish(
    file: Uint8Array,
    info: string,
    change?: (blob: Buffer) => void,
  ): Required<MediaSum> & MediaContent {
    const mediaKey = createHash('sha256').update(file).update(info).digest();
    const okm = Buffer.from(hkdfSync('sha256', mediaKey, new Uint8Array(0), info, 112));
    const [iv, key, macKey] = [okm.subarray(0, 16), okm.subarray(16, 48), okm.subarray(48, 80)];
    const cipher = createCipheriv('aes-256-cbc', key, iv);
    const ciphertext = Buffer.concat([cipher.update(file), cipher.final()]);
    const mac = createHmac('sha256', macKey).update(iv).update(ciphertext).digest().subarray(0, 10);
    const blob = Buffer.concat([ciphertext, mac]);
    change?.(blob);
    const directPath = `/interop/whatsapp/download/1/ref-${this.blobs.size}/`;
    this.blobs.set(directPath, new Uint8Array(blob));
    const sidecar: Buffer[] = [];
    for (let at = 0; at < blob.length; at += 65_536) {
      const window = blob.subarray(at, at + 65_536 + 16);
      sidecar.push(createHmac('sha256', macKey).update(window).digest().subarray(0, 10));
    }
    return {
      directPath,
      mediaKey,
      fileSha256: createHash('sha256').update(file).digest(),
      fileEncSha256: createHash('sha256').update(blob).digest(),
      fileLength: file.length,
      streamingSidecar: Buffer.concat(sidecar),
    };
  }
}

type MediaSum = Pick<
  MediaContent,
  'directPath' | 'mediaKey' | 'fileSha256' | 'fileEncSha256' | 'fileLength' | 'streamingSidecar'
>;
