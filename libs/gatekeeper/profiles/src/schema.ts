import { z } from 'zod';
import { certificates, domain, hex, host, httpUrl, listOf, origin, socketUrl, xmppUrl } from './fields.js';

/** Bounds of the wire where the profile differs from the transport's defaults; bytes, items and milliseconds. */
const wireLimits = z.strictObject({
  maxFrameBytes: z.int().min(1_024).max(16_777_215).exactOptional(),
  maxStanzaBytes: z.int().min(1_024).max(16_777_215).exactOptional(),
  maxDepth: z.int().min(8).max(64).exactOptional(),
  maxElements: z.int().min(64).max(100_000).exactOptional(),
  maxAttributes: z.int().min(16).max(256).exactOptional(),
  connectMs: z.int().min(100).max(120_000).exactOptional(),
  loginMs: z.int().min(100).max(120_000).exactOptional(),
  queryMs: z.int().min(100).max(120_000).exactOptional(),
  keepaliveMinMs: z.int().min(1_000).max(600_000).exactOptional(),
  keepaliveMaxMs: z.int().min(1_000).max(600_000).exactOptional(),
  deadSocketMs: z.int().min(1_000).max(600_000).exactOptional(),
});

const binaryWire = z.strictObject({
  /** Compact binary XML over Noise. */
  codec: z.literal('binary'),
  /** What enters the handshake's transcript: the Noise text, or what the gatekeeper's public clients do. */
  transcript: z.enum(['spec', 'wa']),
  /** Sent once before the first frame, and the prologue of the handshake. */
  header: hex(0, 64),
  /** Pinned root of the server's certificate chain, X25519. */
  rootPublicKey: hex(32, 32),
  url: socketUrl,
  /** Value of the Origin header. */
  origin: origin.exactOptional(),
  /** The token dictionary: version 3, which comes with Causeway, or a data file of the same form beside the profile. */
  dictionary: z.union([z.literal(3), z.string().max(1_024).endsWith('.json')]),
  limits: wireLimits.default({}),
});

/** Plain XMPP (RFC 6120) over TLS, with SASL. The user token, or the account's password in its place, is the SASL secret. */
const xmppWire = z.strictObject({
  codec: z.literal('xmpp'),
  url: xmppUrl,
  /** The server's name, in addresses and in its certificate. */
  domain,
  /** Whom to believe about that certificate; the system's authorities when absent. */
  ca: certificates.exactOptional(),
  /** What to log in with, the preferred first. Without the second, a server cannot talk the client down to it. */
  mechanisms: listOf(z.enum(['SCRAM-SHA-256', 'SCRAM-SHA-1'])).default(['SCRAM-SHA-256']),
  limits: wireLimits.omit({ maxFrameBytes: true }).default({}),
});

const wire = z.discriminatedUnion('codec', [binaryWire, xmppWire]);

const token = z.strictObject({
  issuer: z.string().min(1).max(512),
  audience: z.string().min(1).max(512),
  algorithm: z.enum(['RS256', 'ES256', 'EdDSA']),
  /** Short-lived: never above an hour. */
  lifetimeSeconds: z.int().min(30).max(3_600),
  /** Claim that holds the user-visible identifier. */
  subjectClaim: z.string().regex(/^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/),
  /** Whether the token names the device key that it is for, by its thumbprint (`cnf` with `jkt`). */
  confirmation: z.enum(['jkt', 'none']).default('jkt'),
  /** Never above the 4 KB of the enlistment form. */
  maxBytes: z.int().min(512).max(4_096),
});

const media = z.strictObject({
  /** Path of our users' media inside the gatekeeper, with `{integrator}` and `{reference}`. */
  pathTemplate: z
    .string()
    .max(512)
    .regex(/^\/[A-Za-z0-9/._{}-]*$/)
    .refine((path) => path.split('{reference}').length === 2, { error: 'must hold {reference} once' }),
  /** The gatekeeper's media host, which a path of its users' media is appended to. */
  downloadBase: origin,
  /** Hosts from which media of the gatekeeper's users may be fetched. */
  downloadHosts: listOf(host),
  maxBytes: z.int().min(1).max(4_294_967_296),
  retentionDays: z.int().min(1).max(365),
});

/** How a proxy tells the gatekeeper from which address a user connects. Nothing is published: the default is ours. */
const proxyHandshake = z
  .strictObject({
    /**
     * In a header of the upgrade request, in a PROXY protocol header (version 2) before anything else, or not at all. Plain
     * XMPP has no request to put a header into.
     */
    clientAddress: z.enum(['header', 'proxy-protocol', 'none']).default('header'),
    /** Name of that header, in lower case. */
    header: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,63}$/)
      .default('x-forwarded-for'),
  })
  .prefault({});

const rate = z.strictObject({
  /** At once. */
  capacity: z.number().positive(),
  refillPerSecond: z.number().positive(),
});

/** How presence in the region is judged; days. The defaults are ours: nothing is published beyond a reported 60 days. */
const regionPolicy = z
  .strictObject({
    /** An absence that is tolerated; beyond it the opt-in is suspended. */
    absenceDays: z.int().min(1).max(365).default(60),
    /** How long all sights must be inside before an absence is over. */
    returnDays: z.int().min(0).max(30).default(1),
    /** How old the last sight may be at an opt-in. */
    evidenceDays: z.int().min(1).max(365).default(90),
  })
  .prefault({});

/** What a gatekeeper is to us. */
export const profileSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{1,31}$/),
  title: z.string().min(1).max(64),
  /** Only for development: clear text and private addresses. */
  development: z.boolean().default(false),
  /** Our number at the gatekeeper. */
  integrator: z.int().min(1).max(999),
  /** Product of the login payload. */
  product: z.enum(['interop', 'interop_msgr']),
  /** Version of the gatekeeper's interface that this profile was written for. */
  protocolVersion: z.string().min(1).max(32),
  wire,
  proxyHandshake,
  enlistment: z.strictObject({ url: httpUrl }),
  token,
  push: z.strictObject({
    issuer: z.string().min(1).max(512),
    jwksUrl: httpUrl,
    /** Origin of the push base that the gatekeeper was given. */
    audience: origin,
  }),
  media,
  /** Who speaks the gatekeeper's protocol, unless a user's device wants to. */
  mode: z.enum(['proxy', 'tunnel', 'direct']).default('proxy'),
  /** Where the Noise static key is of who connects through us: sealed in our database, or with the device alone. */
  noiseKeys: z.enum(['sealed', 'device']).default('sealed'),
  /** Who keeps an undelivered message. */
  custody: z.enum(['gatekeeper', 'provider']),
  /** Whether a message sent again with the same id reaches its receiver once. */
  dedupesById: z.boolean(),
  /** Whether the gatekeeper deletes a user without his device taking part. */
  deletionWithoutDevice: z.boolean(),
  identifierPolicy: z.strictObject({ kinds: listOf(z.enum(['email', 'phone', 'username'])) }),
  capabilities: listOf(
    z.enum([
      'text',
      'reply',
      'reaction',
      'image',
      'voice',
      'video',
      'document',
      'typing',
      'read-receipts',
      'groups',
      'calls',
    ]),
  ),
  /** Where users must be: in a country of the European Economic Area, or anywhere. */
  region: z.enum(['eea', 'any']),
  regionPolicy,
  /** Days without a connection after which the gatekeeper removes the user. */
  inactivityDays: z.int().min(1).max(365),
  /** One-time prekeys that the gatekeeper holds for a user. */
  preKeys: z
    .strictObject({
      /** Uploaded at once; as many as the gatekeeper's own clients. */
      batch: z.int().min(1).max(812).default(812),
      /** Below it more are uploaded. */
      low: z.int().min(1).max(812).default(5),
    })
    .prefault({}),
  rateLimits: z.strictObject({
    /** Messages of one user. */
    messages: rate,
    /** Peers that a user writes to for the first time. */
    newPeers: rate,
    /** Logins that one pod begins; the others wait for their turn. */
    logins: rate.default({ capacity: 100, refillPerSecond: 50 }),
  }),
  egress: z.strictObject({
    /** Every host that may be connected to for this gatekeeper. */
    hosts: listOf(host),
    allowPrivateAddresses: z.boolean().default(false),
  }),
});

/** A profile in which every field has its value. */
export type GatekeeperProfile = z.output<typeof profileSchema>;
