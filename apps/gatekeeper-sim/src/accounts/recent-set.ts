/** A set of strings that forgets the oldest beyond its bound. */
export class RecentSet {
  readonly #values = new Set<string>();

  constructor(private readonly max: number) {}

  has(value: string): boolean {
    return this.#values.has(value);
  }

  add(value: string): void {
    this.#values.delete(value);
    this.#values.add(value);
    const [oldest] = this.#values;
    if (this.#values.size > this.max && oldest !== undefined) this.#values.delete(oldest);
  }

  delete(value: string): void {
    this.#values.delete(value);
  }
}
