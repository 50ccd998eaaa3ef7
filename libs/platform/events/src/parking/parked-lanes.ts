/** The parked lanes of one member's partitions, as this process knows them. */
export class ParkedLanes {
  private readonly byPartition = new Map<number, Set<string>>();

  has(partition: number, lane: string): boolean {
    return this.byPartition.get(partition)?.has(lane) === true;
  }

  add(partition: number, lane: string): void {
    const lanes = this.byPartition.get(partition) ?? new Set();
    this.byPartition.set(partition, lanes.add(lane));
  }

  delete(partition: number, lane: string): void {
    this.byPartition.get(partition)?.delete(lane);
  }

  /** The partition was lost: what is parked in it is its next owner's to know. */
  forget(partition: number): void {
    this.byPartition.delete(partition);
  }

  count(partition: number): number {
    return this.byPartition.get(partition)?.size ?? 0;
  }

  get size(): number {
    let size = 0;
    for (const lanes of this.byPartition.values()) size += lanes.size;
    return size;
  }

  *all(): Iterable<{ readonly partition: number; readonly lane: string }> {
    for (const [partition, lanes] of this.byPartition) for (const lane of lanes) yield { partition, lane };
  }
}
