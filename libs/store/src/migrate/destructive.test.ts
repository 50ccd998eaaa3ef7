import { describe, expect, it } from 'vitest';
import { destructiveStatements } from './destructive.js';
import { migrationsFolder, readMigrations } from './folder.js';

describe('migrations', () => {
  it('take nothing from a program of the version before, or say why they may', async () => {
    for (const { name, script } of await readMigrations(migrationsFolder)) {
      expect([name, ...destructiveStatements(script)]).toEqual([name]);
    }
  });

  it.each([
    ['drop table "a"."b"', 'drops an object'],
    ['DROP VIEW a.b', 'drops an object'],
    ['alter table a.b\n  drop column c', 'drops a column'],
    ['alter table a.b rename to c', 'renames'],
    ['alter table a.b rename column c to d', 'renames'],
    ['alter table a.b alter column c set not null', 'forbids null'],
    ['alter table a.b add column c text not null', 'adds a column that must be given'],
    ['alter table a.b alter column "c" type bigint', 'changes a type'],
    ['alter table a.b alter column c set data type bigint', 'changes a type'],
    ['alter table a.b alter column c drop default', 'drops a default'],
    ['truncate a.b', 'empties a table'],
  ])('would be refused with: %s', (script, what) => {
    const [found, ...more] = destructiveStatements(`create table x (id int); ${script};`);
    expect(found).toContain(what);
    expect(more).toEqual([]);
    const why = '-- contract: nothing has read it since the version before';
    expect(destructiveStatements(`${why}\n${script};`)).toEqual([]);
    expect(destructiveStatements(`-- contract: x\n${script};`)).toHaveLength(1);
  });

  it.each([
    'alter table a.b add column c text',
    "alter table a.b add column c text not null default 'x'",
    'create index i on a.b (c)',
    'alter table a.b add constraint c check (d > 0)',
    '-- drop table a.b\nselect 1',
    "comment on table a.b is 'never drop table a.b; or truncate it'",
  ])('may: %s', (script) => {
    expect(destructiveStatements(script)).toEqual([]);
  });
});
