import type { ErrorDefinition } from '@causeway/contracts/errors';
import { AppError, type AppErrorOptions } from '@causeway/http';

/** The answer that a code of the catalogue stands for, ready to throw. */
export function refusal({ code, status, meaning }: ErrorDefinition, options: AppErrorOptions = {}): AppError {
  return new AppError(code, status, meaning, options);
}
