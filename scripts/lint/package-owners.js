import { relative, sep } from 'node:path';

/** @param {string} pattern */
const matcher = (pattern) =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);

/** @param {string} file @param {string[]} folders */
const inside = (file, folders) => folders.some((folder) => file.startsWith(`${folder}/`));

/**
 * ESLint rule: an import that belongs to certain folders may stand nowhere else, however it is written (static,
 * dynamic, re-export, type, require). Option: the table `packageOwners`.
 * @type {import('eslint').Rule.RuleModule}
 */
export const packageOwnersRule = {
  meta: {
    type: 'problem',
    messages: { foreign: '"{{name}}" may only be imported in {{folders}}.' },
    schema: [
      {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            patterns: { type: 'array', items: { type: 'string' } },
            folders: { type: 'array', items: { type: 'string' } },
            tests: { type: 'array', items: { type: 'string' } },
          },
          required: ['patterns', 'folders'],
          additionalProperties: false,
        },
      },
    ],
  },
  create(context) {
    const file = relative(context.cwd, context.filename).split(sep).join('/');
    const isTest = file.endsWith('.test.ts');
    /** @type {{ patterns: string[], folders: string[], tests?: string[] }[]} */
    const owners = context.options[0];
    const foreign = owners
      .filter(({ folders, tests }) => !inside(file, folders) && !(isTest && inside(file, tests ?? [])))
      .map((owner) => ({ ...owner, matchers: owner.patterns.map(matcher) }));

    /** @param {any} node the literal that names the module */
    const check = (node) => {
      const name = node?.value;
      if (typeof name !== 'string') return;
      const owner = foreign.find(({ matchers }) => matchers.some((pattern) => pattern.test(name)));
      if (owner)
        context.report({ node, messageId: 'foreign', data: { name, folders: owner.folders.join(', ') } });
    };
    /** @param {any} node */
    const checkSource = (node) => check(node.source);
    return {
      ImportDeclaration: checkSource,
      ExportNamedDeclaration: checkSource,
      ExportAllDeclaration: checkSource,
      ImportExpression: checkSource,
      /** @param {any} node */
      TSImportType: (node) => check(node.source ?? node.argument?.literal),
      /** @param {any} node */
      TSExternalModuleReference: (node) => check(node.expression),
      /** @param {any} node */
      'CallExpression[callee.name="require"]': (node) => check(node.arguments[0]),
      /** @param {any} node */
      'CallExpression[callee.property.name="resolve"][callee.object.name="require"]': (node) =>
        check(node.arguments[0]),
    };
  },
};
