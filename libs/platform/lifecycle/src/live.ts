/** A value that may be replaced while the process runs. Read `current` at each use; keep no copy. */
export interface Live<T> {
  readonly current: T;
  /** Calls back after each replacement. */
  onChange(listener: () => void): void;
}

/** A value that stays as it is. */
export function fixed<T>(value: T): Live<T> {
  return { current: value, onChange: () => undefined };
}
