import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sql } from './index.js';

describe('sql', () => {
  it('turns every value into a numbered parameter', () => {
    const statement = sql`select * from t where a = ${1} and b = ${'x'}`;
    expect(statement.text).toBe('select * from t where a = $1 and b = $2');
    expect(statement.values).toEqual([1, 'x']);
  });

  it('numbers the parameters of nested fragments in the order of the text', () => {
    const inner = sql`b = ${2} or c = ${3}`;
    const statement = sql`select ${1} where (${inner}) and d = ${4}`;
    expect(statement.text).toBe('select $1 where (b = $2 or c = $3) and d = $4');
    expect(statement.values).toEqual([1, 2, 3, 4]);
  });

  it('quotes identifiers and joins fragments', () => {
    const statement = sql`insert into ${sql.ident('s', 'a"b')} values ${sql.join([sql`(${1})`, sql`(${2})`])}`;
    expect(statement.text).toBe('insert into "s"."a""b" values ($1), ($2)');
    expect(sql.join([]).text).toBe('');
    expect(sql.join([sql`a`, sql.raw('b')], ' and ').text).toBe('a and b');
  });

  it('never lets a value into the text', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (values) => {
        const list = sql.join(values.map((value) => sql`${value}`));
        const statement = sql`select array[${list}]`;
        expect(statement.values).toEqual(values);
        expect(statement.text).toBe(`select array[${values.map((_, index) => `$${index + 1}`).join(', ')}]`);
      }),
    );
  });
});
