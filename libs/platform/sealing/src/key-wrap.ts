/** A key-management service: wraps data keys under keys that it never gives away. */
export interface KeyWrap {
  /**
   * @param context what the data key is for; the same is needed to unwrap
   * @returns the wrapped data key, which names the key that wraps it
   * @throws {SealingError}
   */
  wrap(dataKey: Uint8Array, context: string): Promise<Uint8Array>;
  /** @throws {SealingError} */
  unwrap(wrapped: Uint8Array, context: string): Promise<Uint8Array>;
}
