import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisClient } from './redis-client.js';

type Argument = string | number | Uint8Array;

/** A script of the folder `lua`, called by its hash and sent whole only when the server does not know it. */
export class LuaScript {
  private readonly text: string;
  private readonly sha: string;

  /** @param name file name without ending. @throws when the file is missing from the package */
  constructor(name: string) {
    // The folder lies beside both `src` and `dist`.
    this.text = readFileSync(new URL(`../../lua/${name}.lua`, import.meta.url), 'utf8');
    this.sha = createHash('sha1').update(this.text).digest('hex');
  }

  /** Runs the script; texts come back as buffers. */
  async run(redis: RedisClient, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args.map(toArgument)];
    try {
      return await redis.callBuffer('EVALSHA', [this.sha, ...rest]);
    } catch (err) {
      if (!(err instanceof Error && err.message.startsWith('NOSCRIPT'))) throw err;
      return redis.callBuffer('EVAL', [this.text, ...rest]);
    }
  }
}

function toArgument(value: Argument): string | number | Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}
