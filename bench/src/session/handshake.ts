import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  verify,
} from 'node:crypto';
import {
  type Certificate,
  generateStaticKey,
  type MessageParts,
  NoiseInitiator,
  NoiseResponder,
  staticKeyFrom,
  verifyCertificateChain,
} from '@causeway/noise';
import type { BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { inverse, newChain, p } from './certificates.js';
import { cpuMsOf } from './cpu-rounds.js';

const REPETITIONS = 300;
const MOST = 1.2;
const TAG_BYTES = 16;
const LOGIN_BYTES = 700;
const prologue = Buffer.from('57410603', 'hex');

/** Our side of one login's handshake, against the bare operations of node:crypto that it cannot do without. */
export async function measureHandshake(options: BenchmarkOptions): Promise<readonly Measure[]> {
  options.log('session: Noise handshake against its bare operations');
  const client = generateStaticKey();
  const ephemeral = generateStaticKey().privateKey;
  const recorded = await record(client.privateKey, ephemeral);
  const cpu = await cpuMsOf(
    {
      ours: () => ourSide(client.privateKey, ephemeral, recorded),
      bare: () => bareOperations(client.privateKey, ephemeral, recorded),
    },
    REPETITIONS,
    options,
  );
  return [
    {
      name: 'Noise handshake, our side',
      unit: 'ms',
      ours: cpu.ours,
      baseline: cpu.bare,
      cpuMsPerOperation: cpu.ours,
      ratioGoal: { most: MOST },
      note:
        `CPU; ${cpu.rounds} rounds, against its two X25519 keys, three agreements, four AES-GCM, four HKDF and two ` +
        'XEdDSA checks alone',
    },
  ];
}

interface Recorded {
  readonly hello: MessageParts;
  readonly serverStatic: Uint8Array;
  readonly root: Uint8Array;
  readonly chain: { readonly leaf: Certificate; readonly intermediate: Certificate };
  readonly login: Uint8Array;
}

/** What a responder says to this ephemeral key. */
async function record(clientKey: Uint8Array, ephemeral: Uint8Array): Promise<Recorded> {
  const server = generateStaticKey().key;
  const { root, chain } = newChain(server.publicKey());
  const responder = new NoiseResponder({ transcript: 'wa', prologue, staticKey: server });
  const initiator = newInitiator(clientKey, ephemeral);
  await responder.readMessage(await initiator.writeMessage());
  const details = Buffer.concat([chain.leaf.details, chain.intermediate.details]);
  const hello = await responder.writeMessage(details);
  return { hello, serverStatic: server.publicKey(), root, chain, login: new Uint8Array(LOGIN_BYTES) };
}

function newInitiator(clientKey: Uint8Array, ephemeral: Uint8Array): NoiseInitiator {
  return new NoiseInitiator({ transcript: 'wa', prologue, staticKey: staticKeyFrom(clientKey), ephemeral });
}

async function ourSide(clientKey: Uint8Array, ephemeral: Uint8Array, recorded: Recorded): Promise<void> {
  const initiator = newInitiator(clientKey, ephemeral);
  await initiator.writeMessage();
  const { remoteStatic } = await initiator.readMessage(recorded.hello);
  const { chain, root } = recorded;
  verifyCertificateChain({ chain, rootPublicKey: root, now: 1_500, expectedStatic: remoteStatic });
  await initiator.writeMessage(recorded.login);
  initiator.transport().destroy();
}

function bareOperations(clientKey: Uint8Array, ephemeral: Uint8Array, recorded: Recorded): void {
  const { hello, serverStatic, chain, root, login } = recorded;
  const [ours, fresh] = [privateKey(clientKey), privateKey(ephemeral)];
  createPublicKey(ours).export({ format: 'jwk' });
  createPublicKey(fresh).export({ format: 'jwk' });
  const [remote, remoteStatic] = [publicKey(hello.ephemeral as Uint8Array), publicKey(serverStatic)];
  const chaining = Buffer.alloc(32);
  for (const [mine, theirs] of [
    [fresh, remote],
    [fresh, remoteStatic],
    [ours, remote],
  ] as const) {
    const secret = diffieHellman({ privateKey: mine, publicKey: theirs });
    hkdfSync('sha256', secret, chaining, '', 64);
  }
  hkdfSync('sha256', '', chaining, '', 64);
  const key = Buffer.alloc(32, 1);
  for (const sealed of [hello.static, hello.payload]) open(key, sealed as Uint8Array);
  for (const plain of [serverStatic, login]) seal(key, plain);
  checkXeddsa(root, chain.intermediate);
  checkXeddsa(chain.intermediate.key, chain.leaf);
}

/** The conversion to Ed25519, y = (u - 1) / (u + 1), and the check, nothing kept from one to the next. */
function checkXeddsa(key: Uint8Array, { details, signature }: Certificate): void {
  const u = BigInt(`0x${Buffer.from(key).reverse().toString('hex')}`);
  const y = ((u - 1n) * inverse(u + 1n)) % p;
  const encoded = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse();
  encoded[31] = (encoded[31] as number) | ((signature[63] as number) & 0x80);
  const plain = Uint8Array.from(signature);
  plain[63] = (plain[63] as number) & 0x7f;
  const x = encoded.toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  if (!verify(null, details, publicKey, plain)) throw new Error('a good signature was refused');
}

const pkcs8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

function privateKey(raw: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8, raw]), format: 'der', type: 'pkcs8' });
}

function publicKey(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

function seal(key: Uint8Array, plaintext: Uint8Array): void {
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.alloc(12));
  cipher.setAAD(Buffer.alloc(32));
  cipher.update(plaintext);
  cipher.final();
  cipher.getAuthTag();
}

/** Without the last step, which would refuse what was sealed with another key: the work is done before. */
function open(key: Uint8Array, sealed: Uint8Array): void {
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.alloc(12), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.alloc(32));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  decipher.update(sealed.subarray(0, -TAG_BYTES));
}
