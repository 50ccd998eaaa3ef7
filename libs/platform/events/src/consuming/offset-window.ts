/** Which events of a partition are done, and up to where all of them are. */
export class OffsetWindow {
  private taken: bigint[] = [];
  private head = 0;
  private readonly done = new Set<bigint>();
  private reached: bigint | undefined;

  /** Takes the next event; offsets rise, with or without gaps. */
  open(offset: bigint): void {
    this.taken.push(offset);
  }

  close(offset: bigint): void {
    this.done.add(offset);
    for (
      let next = this.taken[this.head];
      next !== undefined && this.done.delete(next);
      next = this.taken[this.head]
    ) {
      this.reached = next + 1n;
      this.head += 1;
    }
    if (this.head > 1_024 && this.head * 2 > this.taken.length) {
      this.taken = this.taken.slice(this.head);
      this.head = 0;
    }
  }

  /** Events taken and not yet done, or done behind one that is not. */
  get size(): number {
    return this.taken.length - this.head;
  }

  /** The first event that is not done; undefined until the first is taken. */
  get unfinished(): bigint | undefined {
    return this.taken[this.head] ?? this.reached;
  }

  /** The offset from which to go on after a restart; undefined until the first event is done. */
  get position(): bigint | undefined {
    return this.reached;
  }
}
