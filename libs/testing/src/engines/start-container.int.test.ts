import { GenericContainer, Wait } from 'testcontainers';
import { expect, it } from 'vitest';
import { describeWithEngine } from '../vitest/describe-with-engine.js';
import { startContainer } from './start-container.js';

describeWithEngine('redis', 'the start of a container', () => {
  const describeContainer = (...command: string[]): GenericContainer =>
    new GenericContainer(process.env['REDIS_IMAGE'] ?? 'redis:8')
      .withEntrypoint(['/bin/sh', '-c'])
      .withCommand([command.join(' ')])
      .withWaitStrategy(Wait.forLogMessage(/ready/));

  it('is tried again when the container ends before it is ready', async () => {
    const commands = ['echo the port is taken; exit 1', 'echo ready; sleep 60'];
    const container = await startContainer(() => describeContainer(commands.shift() ?? 'exit 2'));
    expect(commands).toEqual([]);
    await container.stop({ timeout: 0 });
  });

  it('fails after three attempts with what the container printed', async () => {
    let attempts = 0;
    const starting = startContainer(() => {
      attempts++;
      return describeContainer('echo the port is taken; exit 1');
    });
    await expect(starting).rejects.toThrow('the port is taken');
    expect(attempts).toBe(3);
  });
});
