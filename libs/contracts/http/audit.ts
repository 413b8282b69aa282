import { z } from 'zod';
import { pageOf, pageQuery } from './page.js';
import { defineRoute } from './route.js';
import { actorFilter, databaseFilter, environmentFilter, id, timestamp } from './values.js';

const auditEventSchema = z
  .strictObject({
    seq: z.int(),
    hash: z.string(),
    id,
    at: timestamp,
    actor: z.string(),
    action: z.string(),
    environmentId: id.nullable(),
    databaseId: id.nullable(),
    database: z.string().nullable().describe('What it is called today; not part of the entry.'),
    operationId: id.nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEvent', description: 'One entry of the append-only, hash-chained history.' });

const checkpointSchema = z
  .strictObject({ seq: z.int(), hash: z.string(), at: timestamp, keyId: z.string(), signature: z.string() })
  .meta({ id: 'Checkpoint', description: 'A signed statement of the hash that the chain had at an entry.' });

const verificationSchema = z
  .strictObject({
    ok: z.boolean(),
    entries: z.int(),
    checkpoints: z.int(),
    head: z.strictObject({ seq: z.int(), hash: z.string() }),
    problems: z.array(
      z.strictObject({
        seq: z.int(),
        problem: z.enum(['edited', 'missing', 'reordered', 'cut-off', 'recomputed', 'checkpoint-invalid']),
        detail: z.string(),
      }),
    ),
  })
  .meta({ id: 'Verification', description: 'What a walk over the whole history found.' });

const tag = 'audit';
const filters = {
  environment: environmentFilter,
  database: databaseFilter,
  operation: id.optional(),
  actor: actorFilter,
  action: z.string().max(128).optional().describe('Such as provision.requested.'),
};
const filterErrors = ['environment_not_found', 'database_not_found'] as const;

export const auditRoutes = {
  listAuditEvents: defineRoute({
    id: 'listAuditEvents',
    method: 'get',
    path: '/v1/audit/events',
    tag,
    summary: 'The history, newest first',
    access: 'read',
    query: z.strictObject({ ...pageQuery('number'), ...filters }),
    answer: { status: 200, description: 'A page of entries.', schema: pageOf(auditEventSchema) },
    errors: filterErrors,
  }),
  exportAudit: defineRoute({
    id: 'exportAudit',
    method: 'get',
    path: '/v1/audit/export',
    tag,
    summary: 'The whole history as JSON lines `{seq, hash, body}`, oldest first; `body` is the text that was hashed',
    access: 'read',
    answer: { status: 200, description: 'A stream.', media: 'application/x-ndjson', schema: z.string(), written: true },
    errors: [],
  }),
  verifyAudit: defineRoute({
    id: 'verifyAudit',
    method: 'get',
    path: '/v1/audit/verify',
    tag,
    summary: 'Check every link of the history, and the checkpoints kept outside the database',
    access: 'read',
    answer: { status: 200, description: 'What was found.', schema: verificationSchema },
    errors: [],
  }),
  listCheckpoints: defineRoute({
    id: 'listCheckpoints',
    method: 'get',
    path: '/v1/audit/checkpoints',
    tag,
    summary: 'The signed checkpoints, oldest first',
    access: 'read',
    answer: {
      status: 200,
      description: 'All checkpoints.',
      schema: z.strictObject({ items: z.array(checkpointSchema), nextCursor: z.null() }),
    },
    errors: [],
  }),
};
