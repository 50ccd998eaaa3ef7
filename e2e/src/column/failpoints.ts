import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Arms failpoints in the processes of a column: the process that passes the armed one dies there. */
export class Failpoints {
  readonly #file: string;

  constructor(dataDir: string) {
    this.#file = join(dataDir, 'failpoint');
  }

  /** With which the services watch the file. */
  get settings(): Readonly<Record<string, string>> {
    return { CAUSEWAY_FAILPOINTS_FILE: this.#file };
  }

  /** Arms one, in place of the one that was armed before. */
  arm(name: string): void {
    const whole = `${this.#file}.new`;
    writeFileSync(whole, name);
    renameSync(whole, this.#file);
  }

  /** Nobody dies any more. */
  disarm(): void {
    rmSync(this.#file, { force: true });
  }
}
