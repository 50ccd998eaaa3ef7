import { expect, it } from 'vitest';
import { shellBlocks, talkOf } from './page.js';
import { newcomersEnvironment } from './terminal.js';

it('finds the shell blocks of a page, and no others', () => {
  const page = '# A\n\n```sh\nnpm ci\nnpm start\n```\n\n```js\n1;\n```\n\n`npm test`\n\n```sh\nb\n```\n';
  expect(shellBlocks(page)).toEqual([['npm ci', 'npm start'], ['b']]);
});

it('expects of watch what bob said before, and refuses a command of which nothing is known', () => {
  const [, watch] = talkOf(["npx causeway sim say bob 'hello'", 'npx causeway watch alice']);
  expect(watch).toMatchObject({ shows: [/^\d+: hello$/], stays: true });
  expect(() => talkOf(['npx causeway dance'])).toThrow(/npx causeway dance/);
});

it('opens a terminal that knows nothing of npm, of Vitest and of the checkout’s packages', () => {
  const environment = newcomersEnvironment({
    HOME: '/h',
    PATH: '/a/node_modules/.bin:/usr/bin',
    npm_lifecycle_event: 'test',
    NODE_ENV: 'test',
    VITEST_POOL_ID: '1',
    CI: 'true',
  });
  expect(environment).toEqual({ HOME: '/h', PATH: '/usr/bin' });
});
