import pc from 'picocolors';
import type { StepResult } from '../journey/step.js';

/** Writes what people read. With `--json`, nothing of it may go to stdout. */
export class Terminal {
  constructor(private readonly stream: NodeJS.WritableStream) {}

  line(text: string): void {
    this.stream.write(`${text}\n`);
  }

  note(text: string): void {
    this.line(pc.dim(text));
  }

  title(text: string): void {
    this.line(`\n${pc.bold(text)}`);
  }

  /** One step of the main job, with its time. */
  step({ name, ok, ms, story }: StepResult): void {
    const mark = ok ? pc.green('✓') : pc.red('✗');
    this.line(`  ${mark} ${name.padEnd(13)} ${story}  ${pc.dim(`${ms} ms`)}`);
  }

  problem(text: string): void {
    this.line(pc.red(text));
  }
}
