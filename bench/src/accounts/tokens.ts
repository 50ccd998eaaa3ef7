import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KeyRingFiles, type KeyRing } from '@causeway/accounts/key-ring';
import { createMinting } from '@causeway/accounts/testing';
import type { BenchmarkOptions, Measure } from '../harness/benchmark.js';
import { interleave } from '../harness/rounds.js';
import { median } from '../harness/statistics.js';

const signAsync = promisify<string, Uint8Array, KeyObject, Buffer>(sign);
const TOKENS = 2_000;
const FOUND = 200_000;
/** As many as Node signs at the same time. */
const AT_ONCE = 4;
const LEAST = 0.9;

type Variant = 'minted' | 'opened' | 'found' | 'bare';
interface Round {
  readonly perSecond: number;
  readonly cpuMs: number;
}

/** What a user token costs, against the bare signature in it; and what one costs that was minted before. */
export async function measureTokens(options: BenchmarkOptions): Promise<readonly Measure[]> {
  const ring = await newRing();
  const { mint, request, mintOpened } = await createMinting(ring);
  const { token } = await mint.mint(request);
  const input = Buffer.from(token.slice(0, token.lastIndexOf('.')));
  const key = createPrivateKey({ key: { ...ring.keys[0]?.privateJwk }, format: 'jwk' });
  const work: Readonly<Record<Variant, () => Promise<unknown>>> = {
    minted: mintOpened,
    opened: () => mint.mint(request),
    found: async () => mint.known(request) ?? (await mint.mint(request)),
    bare: () => signAsync('sha256', input, key),
  };
  const rounds = await interleave(
    ['minted', 'bare', 'opened', 'found'] as const,
    options,
    async (variant, round) => {
      options.log(`accounts: round ${round + 1}, ${variant} tokens`);
      return repeat(work[variant], variant === 'found' ? FOUND : TOKENS);
    },
  );
  const of = (variant: Variant, figure: keyof Round) =>
    median((rounds.get(variant) ?? []).map((one) => one[figure]));
  const note = `${rounds.get('minted')?.length ?? 0} rounds, RS256 with 2,048 bits`;
  return [
    {
      name: 'token minting',
      unit: 'tokens/s',
      ours: of('minted', 'perSecond'),
      baseline: of('bare', 'perSecond'),
      cpuMsPerOperation: of('minted', 'cpuMs'),
      ratioGoal: { least: LEAST },
      note: `${note}; bare signature: ${of('bare', 'cpuMs').toFixed(3)} ms CPU`,
    },
    {
      name: 'with its identifier unsealed',
      unit: 'tokens/s',
      ours: of('opened', 'perSecond'),
      baseline: of('bare', 'perSecond'),
      cpuMsPerOperation: of('opened', 'cpuMs'),
      note,
    },
    {
      name: 'token from the cache',
      unit: 'tokens/s',
      ours: of('found', 'perSecond'),
      baseline: of('bare', 'perSecond'),
      cpuMsPerOperation: of('found', 'cpuMs'),
      note,
    },
  ];
}

async function repeat(work: () => Promise<unknown>, times: number): Promise<Round> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  let left = times;
  const worker = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: times / ((performance.now() - startedAt) / 1_000),
    cpuMs: (user + system) / 1_000 / times,
  };
}

async function newRing(): Promise<KeyRing> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-bench-'));
  try {
    const paths = { ring: join(folder, 'ring.json'), keySet: join(folder, 'jwks.json') };
    return await new KeyRingFiles(paths, { fetchMs: 0, retainMs: 0 }).rotate({ algorithm: 'RS256' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
