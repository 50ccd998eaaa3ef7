import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { createTestAuthority, type IssuedCertificate } from '@causeway/testing';
import { defaultRfc6120Limits, type Rfc6120Limits, type Rfc6120Profile } from '../index.js';

export const domain = 'xmpp.example';
export const secret = 'a secret';
const streamStart = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='${domain}' version='1.0'>`;
const features = (content: string) => `<stream:features>${content}</stream:features>`;
const tls = 'xmlns="urn:ietf:params:xml:ns:xmpp-tls"';
const sasl = 'xmlns="urn:ietf:params:xml:ns:xmpp-sasl"';
const sm = 'xmlns="urn:xmpp:sm:3"';
const iterations = 4_096;

/** What the server says at each step; what is absent it says as it should. */
export interface Script {
  readonly onConnect: (socket: Socket) => void;
  readonly clear: string;
  readonly proceed: string;
  readonly certificate: IssuedCertificate;
  readonly mechanisms: string;
  readonly challenge: (good: string) => string;
  /** @param proof as it should be */
  readonly success: (proof: string) => string;
  readonly session: string;
  /** Why no address is bound, as a condition. */
  readonly notBound: string;
  /** The address that is bound. */
  readonly address: string;
  readonly enabled: string;
  readonly resumed: string;
}

const authority = createTestAuthority();
const issued = authority.issue(domain, { hosts: [domain] });

/** A certificate of the authority that the profile believes. */
export const issue = authority.issue;

/** Connects to a port of this machine. Rejects with the error of Node when nobody listens. */
export async function dialTo(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** A small XMPP server that does what its script says, and is honest where the script says nothing. */
export class XmppServer {
  readonly sockets: Socket[] = [];
  /** What clients wrote inside TLS, and before it. */
  secured = '';
  cleared = '';
  private readonly server: Server;
  private streams: Socket[] = [];

  private constructor(private readonly script: Partial<Script>) {
    this.server = createServer((socket) => this.accept(socket));
  }

  static async start(script: Partial<Script> = {}): Promise<XmppServer> {
    const made = new XmppServer(script);
    await new Promise<void>((resolve) => made.server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  readonly dial = (): Promise<Socket> => dialTo((this.server.address() as AddressInfo).port);

  profile(limits: Partial<Rfc6120Limits> = {}): Rfc6120Profile {
    return {
      domain,
      ca: authority.ca,
      mechanisms: ['SCRAM-SHA-256'],
      limits: { ...defaultRfc6120Limits, ...limits },
    };
  }

  /** To the last client, which is logged in. @returns whether the kernel took it at once */
  send(data: string | Uint8Array): boolean {
    return this.stream.write(data);
  }

  get stream(): Socket {
    const stream = this.streams.at(-1);
    if (stream === undefined) throw new Error('nobody is connected');
    return stream;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: Socket): void {
    this.sockets.push(socket);
    socket.on('error', () => undefined);
    if (this.script.onConnect !== undefined) return this.script.onConnect(socket);
    let text = '';
    const onData = (bytes: Buffer): void => {
      text += bytes.toString('utf8');
      this.cleared += bytes.toString('utf8');
      if (/<stream:stream[^>]*>$/.test(text)) {
        socket.write(
          streamStart + (this.script.clear ?? features(`<starttls ${tls}><required/></starttls>`)),
        );
      } else if (text.includes('<starttls')) {
        socket.off('data', onData);
        socket.write(this.script.proceed ?? `<proceed ${tls}/>`);
        this.encrypt(socket);
      }
    };
    socket.on('data', onData);
  }

  private encrypt(socket: Socket): void {
    const { certificate, key } = this.script.certificate ?? issued;
    const stream = new TLSSocket(socket, { isServer: true, cert: certificate, key });
    stream.on('error', () => undefined);
    this.streams.push(stream);
    let text = '';
    let streams = 0;
    let proof = '';
    let bare = '';
    const steps: [RegExp, (match: RegExpExecArray) => string][] = [
      [
        /<stream:stream[^>]*>/,
        () => {
          streams++;
          const { mechanisms = `<mechanisms ${sasl}><mechanism>SCRAM-SHA-256</mechanism></mechanisms>` } =
            this.script;
          const { session = `<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/><sm ${sm}/>` } = this.script;
          return streamStart + features(streams === 1 ? mechanisms : session);
        },
      ],
      [
        /<auth [^>]*>([^<]*)<\/auth>/,
        ([, first = '']) => {
          bare = Buffer.from(first, 'base64').toString().slice(3);
          const nonce = /r=(.*)$/.exec(bare)?.[1] ?? '';
          const good = `r=${nonce}more,s=${Buffer.from('salt').toString('base64')},i=${iterations}`;
          const challenge = this.script.challenge?.(good) ?? good;
          if (challenge.startsWith('<')) return challenge;
          proof = challenge;
          return `<challenge ${sasl}>${Buffer.from(challenge).toString('base64')}</challenge>`;
        },
      ],
      [
        /<response [^>]*>([^<]*)<\/response>/,
        ([, final = '']) => {
          const said = Buffer.from(final, 'base64').toString();
          const message = `${bare},${proof},${said.slice(0, said.indexOf(',p='))}`;
          const hmac = (key: Uint8Array, data: string) => createHmac('sha256', key).update(data).digest();
          const salted = pbkdf2Sync(secret, 'salt', iterations, 32, 'sha256');
          const stored = createHash('sha256').update(hmac(salted, 'Client Key')).digest();
          const signature = hmac(stored, message);
          const shown = Buffer.from(said.slice(said.indexOf(',p=') + 3), 'base64');
          const key = Buffer.from(shown.map((byte, at) => byte ^ (signature[at] ?? 0)));
          if (!createHash('sha256').update(key).digest().equals(stored)) {
            return `<failure ${sasl}><not-authorized/></failure>`;
          }
          const good = `v=${hmac(hmac(salted, 'Server Key'), message).toString('base64')}`;
          return (
            this.script.success?.(good) ??
            `<success ${sasl}>${Buffer.from(good).toString('base64')}</success>`
          );
        },
      ],
      [
        /<iq [^>]*id="([^"]*)"[^>]*><bind.*?<\/iq>/,
        ([, id]) =>
          (this.script.notBound &&
            `<iq id="${id}" type="error"><error type="wait"><${this.script.notBound} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>`) ??
          `<iq id="${id}" type="result"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><jid>${this.script.address ?? `7-1@${domain}/x`}</jid></bind></iq>`,
      ],
      [/<enable [^>]*>/, () => this.script.enabled ?? `<enabled ${sm} id="kept" resume="true"/>`],
      [/<resume [^>]*>/, () => this.script.resumed ?? `<resumed ${sm} previd="kept" h="0"/>`],
    ];
    stream.on('data', (bytes: Buffer) => {
      this.secured += bytes.toString('utf8');
      text += bytes.toString('utf8');
      for (;;) {
        const found = steps
          .map(([pattern, answer]) => ({ match: pattern.exec(text), answer }))
          .filter((one) => one.match !== null)
          .toSorted((one, two) => (one.match?.index ?? 0) - (two.match?.index ?? 0))[0];
        if (found?.match == null) return;
        text = text.slice(found.match.index + found.match[0].length);
        stream.write(found.answer(found.match));
      }
    });
  }
}
