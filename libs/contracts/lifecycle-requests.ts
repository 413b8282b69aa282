import { z } from 'zod';
import { sweepKinds } from '#domain/drift/sweep.js';

/** Far from the ends of what Postgres takes for a day, since a forecast reckons with days before and after. */
const years = { first: 1970, last: 2999 } as const;

/** A date means its first moment in UTC. */
export const asOfSchema = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], 'must be a date such as 2026-06-30, or a date and time')
  .refine((text) => {
    const year = Number(text.slice(0, 4));
    return year >= years.first && year <= years.last;
  }, `must be of the years ${years.first} to ${years.last}`);

/** Body of `POST /v1/sweeps`. */
export const requestSweepSchema = z
  .strictObject({
    kind: z.enum(sweepKinds),
    dryRun: z
      .boolean()
      .optional()
      .describe('Only says what it would do; of a deprecation sweep. A forecast is one always.'),
    asOf: asOfSchema
      .optional()
      .describe('A forecast: what a deprecation sweep would do at this time. It marks nothing.'),
  })
  .superRefine(({ kind, dryRun, asOf }, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message, input: undefined });
    if (kind !== 'deprecation' && dryRun !== undefined) refuse('dryRun', 'is of a deprecation sweep only');
    if (kind !== 'deprecation' && asOf !== undefined) refuse('asOf', 'is of a deprecation sweep only');
    if (asOf !== undefined && dryRun === false)
      refuse('dryRun', 'must not be false with asOf: a forecast marks nothing');
  });
export type RequestSweep = z.output<typeof requestSweepSchema>;

/** Body of `PUT /v1/databases/{id}/exemption`. */
export const exemptionRequestSchema = z.strictObject({
  reason: z.string().trim().min(1).max(500).describe('Why; whoever looks at the database reads it.'),
  endsOn: z.iso.date().describe('The last day that it holds, YYYY-MM-DD in UTC; today at the earliest.'),
});
export type ExemptionRequest = z.output<typeof exemptionRequestSchema>;
