import { z } from 'zod';
import { sweepKinds, sweepStatuses } from '#domain/drift/sweep.js';
import { severities, findingCodes } from '#domain/drift/finding.js';
import { lifecycles } from '#domain/catalogue/lifecycle.js';
import { lifecycleFindingCodes } from '#domain/lifecycle/finding.js';
import { backupFindingCodes } from '#domain/backup/finding.js';
import { keyFindingCodes } from '#domain/secrets/finding.js';
import { requestSweepSchema } from '../lifecycle-requests.js';
import { findingSchema } from './findings.js';
import { pageOf, pageQuery } from './page.js';
import { defineRoute } from './route.js';
import { id, idParams, timestamp } from './values.js';

const counted = z.record(z.string(), z.int());

const sweepSchema = z
  .strictObject({
    id,
    kind: z.enum(sweepKinds),
    status: z.enum(sweepStatuses),
    dryRun: z.boolean().describe('It only says what it would do.'),
    asOf: timestamp.nullable().describe('As if it were then; only of a dry run.'),
    requestedBy: z.string(),
    counts: z
      .strictObject({
        databases: z.int(),
        skipped: z.int().describe('Left alone because an operation holds them.'),
        byFinding: counted,
        byHealth: counted.optional().describe('This and the next two: of a drift sweep.'),
        healthChanges: z.int().optional(),
        repairsRequested: z.int().optional(),
        requested: z.int().optional().describe('Operations on backups that a sweep of another kind has asked for.'),
        alertChanges: z.int().optional(),
        marked: z
          .int()
          .optional()
          .describe('This and the next one: of a deprecation sweep; what it would do, in a dry run.'),
        unmarked: z.int().optional(),
        durationMs: z.int(),
      })
      .nullable()
      .describe('Null before its end.'),
    error: z.string().nullable(),
    createdAt: timestamp,
    startedAt: timestamp.nullable(),
    finishedAt: timestamp.nullable(),
  })
  .meta({
    id: 'Sweep',
    description:
      'One look at all databases or backups. A sweep changes none of them: what is to be done is done by operations.',
  });
export type Sweep = z.output<typeof sweepSchema>;

const sweepFindingSchema = findingSchema.extend({
  code: z.enum([...findingCodes, ...lifecycleFindingCodes]),
  severity: z.enum([...severities, 'notice']),
  databaseId: id,
  handle: z.string(),
  lifecycle: z
    .strictObject({
      version: z.string(),
      status: z.enum(lifecycles),
      exemption: z.strictObject({ reason: z.string(), endsOn: z.iso.date() }).nullable(),
      change: z
        .enum(['mark', 'unmark'])
        .nullable()
        .describe('What it did about the mark; what it would do, in a dry run.'),
    })
    .optional()
    .describe('Of a deprecation sweep.'),
});

const backupFindingSchema = z
  .strictObject({
    code: z.enum(backupFindingCodes),
    severity: z.literal('notice'),
    store: z.string(),
    backupId: id.nullable().describe('Null of a store that did not answer.'),
    handle: z.string().nullable().describe('Of the database when it was taken; null where no manifest can be read.'),
    found: z.string().describe('What it is, or why it cannot be used or was left.'),
  })
  .meta({ id: 'BackupFinding', description: 'What a sweep of the kind `discovery` or `keys` found of a backup.' });

const keyFindingSchema = z
  .strictObject({
    code: z.enum(keyFindingCodes),
    severity: z.literal('notice'),
    keyVersion: z.int().describe('Of the master key that seals it now.'),
    count: z.int(),
    found: z.string(),
  })
  .meta({ id: 'KeyFinding', description: 'What a sweep of the kind `keys` has sealed anew, of one sort.' });

const sweepWithFindings = sweepSchema
  .extend({
    findings: z
      .array(z.union([sweepFindingSchema, backupFindingSchema, keyFindingSchema]))
      .describe(
        'Of databases, but for sweeps of the kinds `discovery` and `keys`. The first thousand: of a deprecation sweep those with changes first, of these two what is wrong; the counts are of all.',
      ),
  })
  .meta({ id: 'SweepWithFindings', description: 'A sweep and what it found.' });
export type SweepWithFindings = z.output<typeof sweepWithFindings>;

const tag = 'sweeps';

export const sweepRoutes = {
  requestSweep: defineRoute({
    id: 'requestSweep',
    method: 'post',
    path: '/v1/sweeps',
    tag,
    summary: 'Look at all databases or backups now',
    access: 'ops',
    body: requestSweepSchema,
    answer: { status: 202, description: 'It is queued.', schema: sweepSchema, headers: { Location: 'The sweep.' } },
    errors: ['master_key_not_loaded', 'configuration_invalid'],
  }),
  listSweeps: defineRoute({
    id: 'listSweeps',
    method: 'get',
    path: '/v1/sweeps',
    tag,
    summary: 'Sweeps, newest first; the last 200 of a kind are kept',
    access: 'read',
    query: z.strictObject({ ...pageQuery('id'), kind: z.enum(sweepKinds).optional() }),
    answer: { status: 200, description: 'A page of sweeps.', schema: pageOf(sweepSchema) },
    errors: [],
  }),
  getSweep: defineRoute({
    id: 'getSweep',
    method: 'get',
    path: '/v1/sweeps/{id}',
    tag,
    summary: 'One sweep with what it found',
    access: 'read',
    params: idParams('Its id.'),
    answer: { status: 200, description: 'The sweep.', schema: sweepWithFindings },
    errors: ['sweep_not_found'],
  }),
};
