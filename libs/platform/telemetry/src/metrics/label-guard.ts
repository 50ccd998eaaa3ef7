/** Values of a metric's labels; each must come from a small closed set. */
export type Labels = Readonly<Record<string, string | number>>;

/** The value of every label of a set that came after the bound was reached. */
export const otherLabel = 'other';

const maxLabelCharacters = 64;

/** Keeps the number of time series of one metric bounded, whatever values its labels are given. */
export class LabelGuard {
  /** Each set as it was made first: an event that is counted makes no object. */
  private readonly seen = new Map<string, Record<string, string>>();

  constructor(
    private readonly names: readonly string[],
    private readonly maxSets: number,
    private readonly onExcess: () => void,
  ) {}

  /** The labels to use: exactly the declared names, or all of them `other` beyond the bound. */
  admit(labels: Labels): Record<string, string> {
    const values = this.names.map((name) => String(labels[name] ?? ''));
    const id = values.join('\u0000');
    const known = this.seen.get(id);
    if (known !== undefined) return known;
    const fits = this.seen.size < this.maxSets && values.every((value) => value.length <= maxLabelCharacters);
    if (!fits) {
      this.onExcess();
      return this.toLabels(this.names.map(() => otherLabel));
    }
    const admitted = this.toLabels(values);
    this.seen.set(id, admitted);
    return admitted;
  }

  private toLabels(values: readonly string[]): Record<string, string> {
    return Object.fromEntries(this.names.map((name, index) => [name, values[index] ?? '']));
  }
}
