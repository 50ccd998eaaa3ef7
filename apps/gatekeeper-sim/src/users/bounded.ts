/** A map that forgets its oldest entry once it holds more than `capacity`; setting a key again makes it the newest. */
export class BoundedMap<K, V> {
  private readonly entries = new Map<K, V>();

  constructor(private readonly capacity: number) {}

  get(key: K): V | undefined {
    return this.entries.get(key);
  }

  has(key: K): boolean {
    return this.entries.has(key);
  }

  set(key: K, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.capacity) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }

  /** Changes the value of a key that is there, which keeps its age. */
  replace(key: K, value: V): void {
    if (this.entries.has(key)) this.entries.set(key, value);
  }

  delete(key: K): boolean {
    return this.entries.delete(key);
  }

  values(): V[] {
    return [...this.entries.values()];
  }
}

/** A list that forgets its oldest entry once it holds more than `capacity`. */
export class BoundedList<T> {
  private readonly entries: T[] = [];

  constructor(private readonly capacity: number) {}

  push(entry: T): void {
    this.entries.push(entry);
    if (this.entries.length > this.capacity) this.entries.shift();
  }

  find(matches: (entry: T) => boolean): T | undefined {
    return this.entries.findLast(matches);
  }

  values(): T[] {
    return [...this.entries];
  }
}
