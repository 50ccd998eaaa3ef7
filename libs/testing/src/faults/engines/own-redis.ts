import { image } from '../../engines/containers.js';
import { askByTcp } from './ask-by-tcp.js';
import { startOwnContainer, type ContainerDefinition, type OwnContainer } from './own-container.js';

const ephemeral = ['--save', '', '--appendonly', 'no'];

/**
 * A Redis of one's own.
 * @param args of `redis-server`; without any it keeps nothing over a kill, as the ephemeral store is run
 */
export async function ownRedis(args: readonly string[] = ephemeral): Promise<OwnContainer> {
  return startOwnContainer(defineRedis(args));
}

export function defineRedis(args: readonly string[] = ephemeral): ContainerDefinition {
  return {
    image: image('REDIS_IMAGE', 'redis:8'),
    port: 6379,
    urlOf: ({ host, port }) => `redis://${host}:${port}`,
    configure: (container) => container.withCommand(['redis-server', ...args]),
    async probe(address) {
      const answer = await askByTcp(address, Buffer.from('PING\r\n'));
      if (!answer.toString().startsWith('+PONG')) throw new Error('not ready');
    },
  };
}
