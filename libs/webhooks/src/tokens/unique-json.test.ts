import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUniqueJson } from './unique-json.js';

describe('parseUniqueJson', () => {
  it('parses what names no member twice, as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, undefined, space);
        expect(parseUniqueJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses an object with a member once more, wherever it is', () => {
    const objects = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
    fc.assert(
      fc.property(
        objects,
        fc.nat(),
        fc.jsonValue(),
        fc.array(fc.boolean(), { maxLength: 5 }),
        (object, at, value, around) => {
          const names = Object.keys(JSON.parse(JSON.stringify(object)) as object);
          const again = JSON.stringify(names[at % names.length]);
          const twice = `${JSON.stringify(object).slice(0, -1)},${again}:${JSON.stringify(value)}}`;
          const text = around.reduce(
            (inner, list) => (list ? `[1,${inner}]` : `{"x":${inner},"y":"a:\\"b\\":"}`),
            twice,
          );
          expect(() => parseUniqueJson(text)).toThrow(SyntaxError);
        },
      ),
    );
  });

  it.each([
    ['in other escapes', '{"aud":1,"\\u0061ud":2}'],
    ['with blanks before its colon', '{"aud" \n:1,"aud"\t: 2}'],
    ['that every object has', '{"__proto__":1,"__proto__":1}'],
    ['with the same value', '{"a":"b","a":"b"}'],
  ])('refuses a member twice %s', (_what, text) => {
    expect(() => parseUniqueJson(text)).toThrow('twice');
  });

  it.each(['', '{', '{"a":1}x', "{'a':1}", '{"a":1,}'])('refuses %j, which is no JSON', (text) => {
    expect(() => parseUniqueJson(text)).toThrow(SyntaxError);
  });

  it('is not held up by depth or by many quotes', () => {
    const deep = `${'['.repeat(4_000)}${']'.repeat(4_000)}`;
    expect(parseUniqueJson(deep)).toBeInstanceOf(Array);
    expect(() => parseUniqueJson('"\\'.repeat(4_000))).toThrow(SyntaxError);
  });
});
