import type { GenericContainer, StartedTestContainer } from 'testcontainers';

const ATTEMPTS = 3;
const LAST_LINES = 20;

/**
 * Starts a container; one that ends before it is ready (a port of the host was taken meanwhile, the machine is busy) is
 * described and started anew. @throws Error with what it printed last, when no attempt succeeded
 */
export async function startContainer(
  describe: () => GenericContainer | Promise<GenericContainer>,
): Promise<StartedTestContainer> {
  for (let attempt = 1; ; attempt++) {
    const lines: string[] = [];
    const container = (await describe()).withLogConsumer((stream) =>
      stream.on('data', (line: unknown) => {
        lines.push(String(line).trimEnd());
        if (lines.length > LAST_LINES) lines.shift();
      }),
    );
    try {
      return await container.start();
    } catch (error) {
      if (attempt < ATTEMPTS) continue;
      const printed = lines.length === 0 ? 'nothing' : lines.join('\n');
      throw new Error(`a container did not start in ${ATTEMPTS} attempts; it printed: ${printed}`, {
        cause: error,
      });
    }
  }
}
