import { randomBytes } from 'node:crypto';
import { LocalKeyWrap, openRecord, sealRecord, SealingError, type KeyWrap } from '@causeway/sealing';

const DATA_KEY_BYTES = 32;
/** A record key under the user's data key: nonce, 32 bytes, tag. */
const WRAPPED_KEY_BYTES = 60;

/** @returns a new data key of a user, wrapped for the column; destroying it erases all that was sealed with it. */
export async function createDataKey(keyWrap: KeyWrap, userId: string): Promise<Uint8Array> {
  const dataKey = randomBytes(DATA_KEY_BYTES);
  try {
    return await keyWrap.wrap(dataKey, contextOf(userId));
  } finally {
    dataKey.fill(0);
  }
}

/** Seals and opens the columns of one user. */
export class UserSeal {
  private constructor(private readonly userKey: KeyWrap) {}

  /** @throws {SealingError} when the data key is another user's, or erased */
  static async open(keyWrap: KeyWrap, userId: string, wrapped: Uint8Array | null): Promise<UserSeal> {
    if (wrapped === null) throw new SealingError();
    let dataKey: Uint8Array;
    try {
      dataKey = await keyWrap.unwrap(wrapped, contextOf(userId));
    } catch (cause) {
      throw new SealingError({ cause });
    }
    try {
      return new UserSeal(new LocalKeyWrap(Buffer.from(dataKey).toString('base64')));
    } finally {
      dataKey.fill(0);
    }
  }

  /** @param context what the column holds and of which row; the same is needed to open it */
  async seal(context: string, text: string): Promise<Uint8Array> {
    const { wrappedKey, sealed } = await sealRecord(this.userKey, context, Buffer.from(text));
    return Buffer.concat([wrappedKey, sealed]);
  }

  /** @throws {SealingError} when it was sealed for another user or column, or a byte has changed */
  async open(context: string, column: Uint8Array): Promise<string> {
    const wrappedKey = column.subarray(0, WRAPPED_KEY_BYTES);
    const sealed = column.subarray(WRAPPED_KEY_BYTES);
    return (await openRecord(this.userKey, context, { wrappedKey, sealed })).toString('utf8');
  }
}

function contextOf(userId: string): string {
  return `user-data-key ${userId}`;
}
