import { z } from 'zod';
import { errorCatalogue, type ErrorCode } from '#domain/errors/catalogue.js';
import { operationKindNames } from '#domain/operation/kinds.js';
import { operationStatuses } from '#domain/operation/state-machine.js';
import { importMethods } from '#domain/backup/backup.js';
import { promotionMethods, promotionModes } from '#domain/replication/promotion-mode.js';
import { upgradeMethods } from '#domain/upgrade/upgrade-target.js';
import { pageOf, pageQuery } from './page.js';
import { defineRoute } from './route.js';
import { actorFilter, databaseFilter, environmentFilter, id, idParams, timestamp } from './values.js';

const stepSchema = z
  .strictObject({
    name: z.string(),
    status: z.enum(['running', 'succeeded', 'failed', 'interrupted']),
    startedAt: timestamp,
    finishedAt: timestamp.nullable(),
    attempt: z.int(),
  })
  .meta({ id: 'Step', description: 'One recorded action of an operation.' });
export type Step = z.output<typeof stepSchema>;

const offset = z.int().nullable().optional();

/** Open: each kind of operation says what it has to say. */
const receiptSchema = z
  .looseObject({
    databaseId: id.optional().describe('The subject: what was provisioned, replicated, promoted, unlinked.'),
    version: z.string().optional(),
    image: z.string().optional(),
    sourceId: id.optional().describe('replicate: what the new database follows.'),
    formerSourceId: id.nullable().optional().describe('unlink: what the database followed.'),
    requestedBy: z.string().optional().describe('promote: who asked for it.'),
    formerPrimaryId: id.optional().describe('promote: what was the primary before.'),
    formerRole: z
      .enum(['replica', 'fenced'])
      .optional()
      .describe(
        'promote: what that one is since; fenced also when it is older than the new primary and could not follow it.',
      ),
    mode: z.enum(promotionModes).optional().describe('promote: what the caller allowed to be lost.'),
    method: z
      .enum([...promotionMethods, ...upgradeMethods, ...importMethods])
      .optional()
      .describe(
        'promote: with the old primary taking part, or without it because it did not answer. upgrade: by a second server that took over, or on the same volume. import: a copy as of one moment, or keys read one by one.',
      ),
    sourceOffset: offset.describe('promote: bytes of the replication stream that the old primary had at its end.'),
    replicaOffset: offset.describe('promote: how many of them the replica had when it took over.'),
    lostBytes: offset.describe('promote: the difference; 0 means that nothing was lost, null that nobody can tell.'),
    lostBytesAtLeast: offset.describe('promote: in a failover, what the replica lacked of what was last seen.'),
    lastSeenSourceOffset: offset.describe('promote: in a failover, where the old primary stood when it was last seen.'),
    lastSeenSourceAt: timestamp.nullable().optional().describe('promote: and when that was.'),
    writePauseMs: z
      .number()
      .nullable()
      .optional()
      .describe('promote, upgrade, go-back: how long writes waited; in place, how long nobody answered.'),
    fromVersion: z.string().optional().describe('upgrade, go-back: what the database ran before.'),
    replicas: z.array(id).optional().describe('upgrade: replicas that were upgraded first, in this order.'),
    recordedAt: timestamp
      .optional()
      .describe(
        'upgrade, go-back: when the other server began to take writes; whoever goes back loses what was written since.',
      ),
    wayBackUntil: timestamp
      .optional()
      .describe(
        'upgrade, go-back: by swap, until when the server that was replaced is kept, stopped; not of a database in memory only.',
      ),
    backupDataAt: timestamp
      .optional()
      .describe(
        'upgrade, go-back: the moment of the data in the safety backup; whoever restores it loses what was written since.',
      ),
    lostSince: timestamp.optional().describe('go-back: what was written since is not in the server that serves again.'),
    linkDownSeconds: offset.describe('promote: how long the replica had heard nothing when it took over.'),
    replicasAhead: z
      .array(z.strictObject({ databaseId: id, handle: z.string(), bytes: z.int() }))
      .optional()
      .describe('promote: replicas that held more than the one that took over.'),
    found: z.array(z.string()).optional().describe('repair: codes of what was found at first.'),
    repaired: z.array(z.string()).optional().describe('repair: which of them are no more.'),
    left: z
      .array(z.strictObject({ code: z.string(), reason: z.string() }))
      .optional()
      .describe('repair: what is found still, and why.'),
    keys: z.int().nullable().optional().describe('backup-snapshot, import: in all logical databases.'),
    backupId: id.optional().describe('Of the kinds that take, copy, verify, purge or restore a backup.'),
    restoreMs: z
      .int()
      .nullable()
      .optional()
      .describe('restore, verify-backup: from the first byte to a server that has loaded all.'),
    memoryMb: z.int().optional().describe('resize: from now on, as all figures without Before.'),
    diskGb: z.int().optional(),
    memoryMbBefore: z.int().optional(),
    diskGbBefore: z.int().optional(),
    settings: z
      .array(z.strictObject({ name: z.string(), before: z.string(), after: z.string(), apply: z.string() }))
      .optional()
      .describe('configure: what has another value now.'),
    leftBehind: z.array(z.string()).optional().describe('Of a cancelled operation: what could not be undone.'),
  })
  .meta({ id: 'Receipt', description: 'What an operation hands back when it has ended.' });

export const operationSchema = z
  .strictObject({
    id,
    type: z.enum(operationKindNames),
    status: z.enum(operationStatuses),
    environment: z.string(),
    environmentId: id,
    targets: z.array(id),
    databases: z.array(z.strictObject({ id, handle: z.string() })),
    parameters: z.record(z.string(), z.unknown()),
    steps: z.array(stepSchema).describe('Of all attempts, in their order.'),
    attempt: z.int(),
    error: z
      .strictObject({
        code: z.enum(Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]]),
        detail: z.string(),
        remedy: z.string(),
        leftBehind: z.array(z.string()).describe('What could not be undone.'),
      })
      .nullable(),
    receipt: receiptSchema.nullable(),
    requestedBy: z.string(),
    retryOf: id.nullable(),
    cancelRequestedAt: timestamp.nullable(),
    createdAt: timestamp,
    startedAt: timestamp.nullable(),
    finishedAt: timestamp.nullable(),
  })
  .meta({ id: 'Operation', description: 'One requested change.' });
export type Operation = z.output<typeof operationSchema>;

const logLineSchema = z
  .strictObject({
    id: z.string(),
    at: timestamp,
    level: z.enum(['info', 'warn', 'error']),
    message: z.string(),
  })
  .meta({ id: 'LogLine' });
export type LogLine = z.output<typeof logLineSchema>;

const tag = 'operations';
const params = idParams('Its id.');
const accepted = (description: string) =>
  ({ status: 202, description, schema: operationSchema, headers: { Location: 'The operation.' } }) as const;

export const operationRoutes = {
  listOperations: defineRoute({
    id: 'listOperations',
    method: 'get',
    path: '/v1/operations',
    tag,
    summary: 'Operations, newest first',
    access: 'read',
    query: z.strictObject({
      ...pageQuery('id'),
      environment: environmentFilter,
      database: databaseFilter,
      type: z.enum(operationKindNames).optional(),
      status: z.enum(operationStatuses).optional(),
      actor: actorFilter,
    }),
    answer: { status: 200, description: 'A page of operations.', schema: pageOf(operationSchema) },
    errors: ['environment_not_found', 'database_not_found'],
  }),
  getOperation: defineRoute({
    id: 'getOperation',
    method: 'get',
    path: '/v1/operations/{id}',
    tag,
    summary: 'One operation with its steps, error and receipt',
    access: 'read',
    params,
    answer: { status: 200, description: 'The operation.', schema: operationSchema },
    errors: ['operation_not_found'],
  }),
  getOperationLog: defineRoute({
    id: 'getOperationLog',
    method: 'get',
    path: '/v1/operations/{id}/log',
    tag,
    summary:
      'Its log lines, oldest first. As text/event-stream it follows live: `log`, `step` and `operation` events, and `end` with the operation when it has ended; Last-Event-ID is honoured',
    access: 'read',
    params,
    query: z.strictObject(pageQuery('number')),
    answer: {
      status: 200,
      description: 'A page of log lines.',
      schema: pageOf(logLineSchema),
      streamsAs: 'text/event-stream',
      written: true,
    },
    errors: ['operation_not_found'],
  }),
  cancelOperation: defineRoute({
    id: 'cancelOperation',
    method: 'post',
    path: '/v1/operations/{id}/cancel',
    tag,
    summary: 'Ask for it to be cancelled; what it did is rolled back as far as it can be',
    access: 'operation-kind',
    params,
    answer: accepted('The wish is recorded; one that no worker has begun has ended.'),
    errors: ['operation_not_found', 'operation_finished', 'operation_not_cancellable'],
  }),
  retryOperation: defineRoute({
    id: 'retryOperation',
    method: 'post',
    path: '/v1/operations/{id}/retry',
    tag,
    summary: 'Ask again for what a failed or cancelled operation was to do',
    access: 'operation-kind',
    params,
    answer: accepted('A new operation, which names the old one.'),
    errors: [
      'operation_not_found',
      'operation_not_retryable',
      'database_not_ready',
      'deletion_protected',
      'database_has_replicas',
      'not_a_replica',
      'replica_not_ready',
      'replica_newer',
      'confirmation_required',
      'replica_too_small',
      'ports_exhausted',
      'setting_conflict',
    ],
  }),
};
