import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadSources } from '../docs/sources.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

const workspace = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(workspace, path), 'utf8');
const file = parse(read('deploy/observability/alerts.yaml')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = file.groups.flatMap((group) => group.rules);

/** The metrics of an expression, with the names of the labels that it asks for. */
function metricsIn(expr: string): { readonly name: string; readonly labels: readonly string[] }[] {
  return [...expr.matchAll(/\b(causeway_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', matchers = '']) => ({
    name: name.replace(/_(bucket|sum|count)$/, ''),
    labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
  }));
}

/** The labels that a rule groups by, and those that its summary names. */
const labelsOf = ({ expr, annotations }: Rule): string[] => [
  ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(/,\s*/)),
  ...[...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label),
];

/** The anchors of a page's headings, as they are made on the web. */
const anchorsOf = (page: string): string[] =>
  [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-'),
  );

describe('alert rules', () => {
  let labels: ReadonlyMap<string, readonly string[]>;
  beforeAll(async () => {
    const { metrics } = await loadSources(workspace);
    labels = new Map(metrics.map((metric) => [metric.name, [...metric.labels, 'service']]));
  });

  it('have each name once, a severity and a summary', () => {
    expect(rules.length).toBeGreaterThan(10);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const rule of rules) {
      expect(['page', 'ticket'], rule.alert).toContain(rule.labels.severity);
      expect(rule.annotations.summary, rule.alert).not.toBe('');
    }
  });

  it.each(rules)('$alert asks for metrics and labels that services have', (rule) => {
    const asked = metricsIn(rule.expr);
    expect(asked.length).toBeGreaterThan(0);
    for (const metric of asked) {
      expect([...labels.keys()]).toContain(metric.name);
      expect(labels.get(metric.name)).toEqual(expect.arrayContaining([...metric.labels]));
      expect(labels.get(metric.name)).toEqual(expect.arrayContaining(labelsOf(rule)));
    }
  });

  it.each(rules)('$alert leads to what is to be done', ({ alert, annotations: { runbook } }) => {
    const [path = '', anchor] = runbook.split('#');
    expect(path).toMatch(/^docs\/runbooks\/[\w-]+\.md$/);
    const page = read(path);
    expect(anchorsOf(page)).toContain(anchor);
    expect(page).toContain(alert);
  });

  it('leave no alert behind in the runbooks that is not there any more', () => {
    const known = rules.map(({ alert }) => alert);
    for (const page of ['alerts', 'dead-letters'])
      for (const [name] of read(`docs/runbooks/${page}.md`).matchAll(/\bCauseway[A-Z]\w+/g))
        expect(known).toContain(name);
  });
});
