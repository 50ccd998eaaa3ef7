import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { copyWorkspace, type WorkspaceCopy } from './workspace-copy.js';

const clean = ['libs/protocol/jid/src/index.ts', 'scripts/lint'];
const project = (tags: string[]) =>
  JSON.stringify({ name: '@causeway/stranger', version: '0.0.0', type: 'module', nx: { tags } });

describe('npm run lint', () => {
  let copy: WorkspaceCopy;
  let restore = (): void => undefined;

  beforeAll(() => {
    copy = copyWorkspace();
    // Type information of the few files that are linted here, instead of the whole workspace's.
    copy.put({
      'tsconfig.tests.json': JSON.stringify({
        extends: './tsconfig.base.json',
        compilerOptions: { composite: false, noEmit: true },
        include: ['libs/*/src/planted*.ts', 'libs/protocol/*/src/planted*.ts', ...clean],
      }),
    });
  });
  afterEach(() => restore());
  afterAll(() => copy.remove());

  it('passes on the workspace as it is', { timeout: 60_000 }, async () => {
    expect(await copy.lint(...clean)).toEqual({ code: 0, output: '' });
  });

  it.each<[fault: string, file: string, text: string, message: string]>([
    [
      'a service that imports another service',
      'libs/keys/src/planted.ts',
      `export * from '@causeway/accounts';\n`,
      '@nx/enforce-module-boundaries',
    ],
    [
      'a protocol library that imports a platform library',
      'libs/protocol/jid/src/planted.ts',
      `export * from '@causeway/limits';\n`,
      '@nx/enforce-module-boundaries',
    ],
    [
      'a relative import out of the project',
      'libs/protocol/jid/src/planted.ts',
      `export * from '../../xml/src/index.js';\n`,
      '@nx/enforce-module-boundaries',
    ],
    [
      "a service's use of a package that belongs to a platform library",
      'libs/fanout/src/planted.ts',
      `export const kafka = (): Promise<unknown> => import('kafkajs');\n`,
      'causeway/package-owners',
    ],
    [
      'a read of the environment',
      'libs/fanout/src/planted.ts',
      `export const home = process.env['HOME'];\n`,
      'no-restricted-properties',
    ],
    [
      'a rule that is switched off by a comment',
      'libs/protocol/jid/src/planted.ts',
      `// eslint-disable-next-line @typescript-eslint/no-explicit-any\nexport type Loose = any;\n`,
      '@typescript-eslint/no-explicit-any',
    ],
  ])('refuses %s', { timeout: 60_000 }, async (_fault, file, text, message) => {
    restore = copy.put({ [file]: text });
    const { code, output } = await copy.lint(file);
    expect(output).toContain(message);
    expect(code).toBe(1);
  });

  it.each<[fault: string, files: Record<string, string>, message: string]>([
    [
      'an untagged project',
      { 'libs/stranger/package.json': project([]) },
      'needs exactly one type: tag, has none',
    ],
    [
      'a project with one tag dimension',
      { 'libs/stranger/package.json': project(['type:platform']) },
      'needs exactly one scope: tag, has none',
    ],
    [
      'a tag that is on no list',
      { 'libs/stranger/package.json': project(['type:platform', 'scope:elsewhere']) },
      'unknown tag scope:elsewhere',
    ],
    [
      'a source file outside any project',
      { 'libs/stranger/src/index.ts': 'export {};\n' },
      'belongs to no project',
    ],
  ])('refuses %s', { timeout: 60_000 }, async (_fault, files, message) => {
    restore = copy.put(files);
    const { code, output } = await copy.lint(...clean);
    expect(output).toContain(message);
    expect(code).toBe(1);
  });
});
