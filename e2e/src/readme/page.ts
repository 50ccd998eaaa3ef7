import { serviceNames } from 'causeway/stack';

/** @returns the shell blocks of a Markdown page in their order, each as its lines */
export function shellBlocks(page: string): string[][] {
  return [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block.trim().split('\n'));
}

/** A command that the page gives for the second terminal. */
export interface Talk {
  readonly command: string;
  /** Lines that it prints. */
  readonly shows: readonly (string | RegExp)[];
  /** Whether it stays until Ctrl-C. */
  readonly stays: boolean;
}

/**
 * Says what each command of the second terminal shows.
 * @throws {TypeError} for a command of which nothing is known: whoever adds it to the page says here what it shows
 */
export function talkOf(commands: readonly string[]): Talk[] {
  const said: string[] = [];
  return commands.map((command) => {
    const [, speaker, text = ''] = /^npx causeway (say alice|sim say bob) '(.+)'$/.exec(command) ?? [];
    if (speaker === 'say alice') return { command, shows: [`bob's phone shows: ${text}`], stays: false };
    if (speaker === 'sim say bob') {
      said.push(text);
      return { command, shows: ['bob wrote to alice'], stays: false };
    }
    if (command === 'npx causeway status')
      return { command, shows: serviceNames.map((name) => new RegExp(`^ *${name} +ready$`)), stays: false };
    if (command === 'npx causeway watch alice')
      return { command, shows: said.map((text) => new RegExp(`^\\d+: ${text}$`)), stays: true };
    throw new TypeError(`nothing says what this command of the page shows: ${command}`);
  });
}
