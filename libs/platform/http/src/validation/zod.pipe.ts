import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { httpError } from '../errors/http-error.js';

const maxFields = 20;

/** Checks and converts one part of a request. */
export class ZodPipe<T> implements PipeTransform<unknown, T> {
  constructor(
    private readonly schema: z.ZodType<T>,
    private readonly part: string,
  ) {}

  /** @throws AppError `invalid_request` with the places, never the values */
  transform(value: unknown): T {
    const result = this.schema.safeParse(value);
    if (result.success) return result.data;
    const fields = result.error.issues.slice(0, maxFields).map(({ path, code }) => ({
      path: [this.part, ...path].map(String).join('.').slice(0, 200),
      problem: code,
    }));
    throw httpError('invalid_request', { fields });
  }
}
