import { Body, Param, Query } from '@nestjs/common';
import type { z } from 'zod';
import { ZodPipe } from './zod.pipe.js';

/** The request's body, checked by a schema. */
export const ZodBody = <T>(schema: z.ZodType<T>): ParameterDecorator => Body(new ZodPipe(schema, 'body'));

/** All path parameters, checked by a schema of an object. */
export const ZodParams = <T>(schema: z.ZodType<T>): ParameterDecorator => Param(new ZodPipe(schema, 'path'));

/** The query, checked by a schema of an object; values are texts, or lists of them when a name is repeated. */
export const ZodQuery = <T>(schema: z.ZodType<T>): ParameterDecorator => Query(new ZodPipe(schema, 'query'));
