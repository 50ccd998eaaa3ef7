import { z } from 'zod';

/** A whole number in a range. */
export function integer(min: number, max: number): z.ZodType<number> {
  const problem = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d{1,15}$/, problem)
    .transform(Number)
    .refine((value) => value >= min && value <= max, problem);
}

/** `true` or `false`. */
export function flag(): z.ZodType<boolean> {
  return z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');
}

/** Texts separated by commas, without empty ones; `item` checks each. */
export function list<T>(item: z.ZodType<T, string>, max = 100): z.ZodType<readonly T[]> {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item).max(max, `has more than ${max} entries`));
}

/** An absolute URL with one of these schemes. */
export function url(...schemes: readonly string[]): z.ZodType<string> {
  const problem = `must be a URL with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return z.string().refine((text) => {
    const parsed = URL.parse(text);
    return parsed !== null && schemes.includes(parsed.protocol.slice(0, -1));
  }, problem);
}

/** JSON of the given form. */
export function json<T>(schema: z.ZodType<T>): z.ZodType<T> {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}
