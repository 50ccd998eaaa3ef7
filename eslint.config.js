import eslint from '@eslint/js';
import nx from '@nx/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import {
  depConstraints,
  inputAndOutput,
  mayReadEnvironment,
  packageOwners,
} from './scripts/lint/boundaries.js';
import { packageOwnersRule } from './scripts/lint/package-owners.js';

const message = 'Only @causeway/config reads the environment.';

/** @param {boolean} tests */
const boundaries = (tests) => [
  'error',
  {
    depConstraints: depConstraints({ tests }),
    // Tests may use @causeway/testing, which uses libraries that have such tests. A cycle in the code that is built
    // cannot hide behind this: the project references would be circular, which tsc refuses.
    ignoredCircularDependencies: [['@causeway/testing', '!@causeway/testing']],
  },
];

export default defineConfig(
  { ignores: ['**/dist', '**/node_modules', '**/generated', '.nx', '.causeway', '**/*.d.ts'] },
  // There is one place for exceptions, this file: comments cannot switch a rule off.
  { linterOptions: { noInlineConfig: true } },
  eslint.configs.recommended,
  {
    rules: {
      'max-lines': ['error', { max: 400 }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['**/*.{ts,js,mjs}'],
    plugins: { causeway: { rules: { 'package-owners': packageOwnersRule } } },
    rules: { 'causeway/package-owners': ['error', packageOwners] },
  },
  {
    files: ['**/*.{ts,js,mjs}'],
    ignores: mayReadEnvironment,
    rules: {
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message }],
      'no-restricted-syntax': [
        'error',
        { selector: 'MemberExpression[property.name="env"][object.property.name="process"]', message },
        { selector: 'ImportDeclaration[source.value=/^(node:)?process$/]', message },
      ],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    plugins: { '@nx': nx },
    languageOptions: {
      parserOptions: { project: 'tsconfig.tests.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      // Nest needs injected classes at run time: a type-only import compiles and then injects nothing.
      '@typescript-eslint/consistent-type-imports': 'off',
      '@nx/enforce-module-boundaries': boundaries(false),
    },
  },
  // A fixture is code of tests that is not a test itself: a process that they start, a trial that several run.
  {
    files: ['**/*.test.ts', '**/*.fixture.ts'],
    rules: { '@nx/enforce-module-boundaries': boundaries(true) },
  },
  {
    files: ['libs/protocol/**/*.ts', 'libs/contracts/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: inputAndOutput.map((name) => ({ name, message: 'Pure: bytes in, values out.' })) },
      ],
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'performance',
          'Buffer',
          'URL',
          'fetch',
          'setTimeout',
          'clearTimeout',
          'AbortSignal',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
