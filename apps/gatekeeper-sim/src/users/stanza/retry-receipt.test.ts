import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Node } from '../../seam.js';
import { readRetryReceipt, retryReceipt } from './retry-receipt.js';

const bundle = {
  registrationId: 0x01020304,
  identityKey: new Uint8Array(randomBytes(32)),
  signedPreKey: { id: 7, key: new Uint8Array(randomBytes(32)), signature: new Uint8Array(randomBytes(64)) },
  preKey: { id: 0x010203, key: new Uint8Array(randomBytes(32)) },
};
const request = { id: 'A', count: 2, registrationId: bundle.registrationId, bundle };
const write = () => retryReceipt(request, 'a@s.whatsapp.net', '1-2@interop', 1_700_000_000_999);

describe('retry receipts', () => {
  it('have the form of the wire', () => {
    const receipt = write();
    expect(receipt.attrs).toEqual({
      id: 'A',
      from: 'a@s.whatsapp.net',
      to: '1-2@interop',
      type: 'retry',
      t: '1700000000',
    });
    const [retry, registration, keys] = receipt.content as Node[];
    expect(retry?.attrs).toEqual({ count: '2', id: 'A', t: '1700000000', v: '1' });
    expect(registration?.content).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect((keys?.content as Node[]).map(({ tag }) => tag)).toEqual(['type', 'identity', 'key', 'skey']);
  });

  it('are read as they are written, with or without keys and one-time prekey', () => {
    const { registrationId, identityKey, signedPreKey } = bundle;
    const without = { registrationId, identityKey, signedPreKey };
    const plain = { id: 'A', count: 1, registrationId: 5 };
    for (const each of [request, { ...request, bundle: without }, plain]) {
      expect(readRetryReceipt(retryReceipt(each, 'a', 'b', 0))).toEqual(each);
    }
  });

  it('are refused when any part is missing or cut', () => {
    const parts = (path: number[], change: (node: Node) => void): Node => {
      const receipt = write();
      const at = path.reduce<Node>((node, index) => (node.content as Node[])[index] as Node, receipt);
      change(at);
      return receipt;
    };
    const cut = (node: Node) => (node.content = (node.content as Uint8Array).subarray(1));
    const cuts = [[1], [2, 1], [2, 2, 0], [2, 2, 1], [2, 3, 0], [2, 3, 1], [2, 3, 2]];
    for (const path of cuts) expect(readRetryReceipt(parts(path, cut))).toBeUndefined();
    for (const count of ['0', '-1', 'x', '1.5']) {
      expect(readRetryReceipt(parts([0], (node) => (node.attrs.count = count)))).toBeUndefined();
    }
    expect(readRetryReceipt({ tag: 'receipt', attrs: { id: 'A' } })).toBeUndefined();
  });
});
