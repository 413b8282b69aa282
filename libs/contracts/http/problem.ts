import { z } from 'zod';
import { errorCatalogue, type ErrorCode } from '#domain/errors/catalogue.js';

export const problemMedia = 'application/problem+json';

/** RFC 9457, with Holdfast's code and remedy. */
export const problemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    code: z.enum(Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]]),
    remedy: z.string(),
    requestId: z.string(),
    errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'Why a request was refused or failed, and what to do about it.' });
export type Problem = z.output<typeof problemSchema>;
