import { createDataKey as create, DataKey, SealingError, type KeyWrap } from '@causeway/sealing';
import { dataKeyContext } from './data-keys.js';

/** @returns a new data key of a user, wrapped for the column; destroying it erases all that was sealed with it. */
export function createDataKey(keyWrap: KeyWrap, userId: string): Promise<Uint8Array> {
  return create(keyWrap, dataKeyContext(userId));
}

/** Seals and opens the columns of one user. Dispose of it when done: the data key is overwritten. */
export class UserSeal implements Disposable {
  private constructor(private readonly dataKey: DataKey) {}

  /** @throws {SealingError} when the data key is another user's, or erased */
  static async open(keyWrap: KeyWrap, userId: string, wrapped: Uint8Array | null): Promise<UserSeal> {
    if (wrapped === null) throw new SealingError();
    return new UserSeal(await DataKey.open(keyWrap, dataKeyContext(userId), wrapped));
  }

  /** @param context what the column holds and of which row; the same is needed to open it */
  seal(context: string, text: string): Uint8Array {
    return this.dataKey.seal(context, Buffer.from(text));
  }

  /** @throws {SealingError} when it was sealed for another user or column, or a byte has changed */
  open(context: string, column: Uint8Array): string {
    const clear = this.dataKey.open(context, column);
    try {
      return clear.toString('utf8');
    } finally {
      clear.fill(0);
    }
  }

  [Symbol.dispose](): void {
    this.dataKey[Symbol.dispose]();
  }
}
