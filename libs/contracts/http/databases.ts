import { z } from 'zod';
import { lifecycles } from '#domain/catalogue/lifecycle.js';
import { marks } from '#domain/lifecycle/mark.js';
import { persistenceModes } from '#domain/database/persistence.js';
import { maxmemoryPolicies } from '#domain/database/size.js';
import {
  credentialTypes,
  databaseHealths,
  databaseRoles,
  databaseStatuses,
  doorFollows,
} from '#domain/database/status.js';
import { createDatabaseSchema, patchDatabaseSchema } from '../database-requests.js';
import { patchEndpointsSchema } from '../door-requests.js';
import { operationRequestSchema } from '../operation-requests.js';
import { environmentParams } from './environments.js';
import { operationSchema } from './operations.js';
import { observationSchema } from './observations.js';
import { pageOf, pageQuery } from './page.js';
import { defineRoute } from './route.js';
import { databaseReference, environmentFilter, id, idParams, timestamp } from './values.js';

export const endpointSchema = z
  .strictObject({
    type: z.enum(credentialTypes),
    follows: z.enum(doorFollows),
    host: z.string(),
    port: z.int().min(1).max(65_535),
    allow: z.array(z.string()).describe('CIDR blocks that may connect; none means everybody.'),
    connectionLimit: z.int().nullable(),
    idleTimeoutSeconds: z.int().nullable().describe('Null means one hour.'),
    bindAddress: z.string().nullable().describe('Null means every address that the edge listens on.'),
  })
  .meta({ id: 'Endpoint', description: 'A door of the edge. One that follows the primary survives promotions.' });

export const keptServerSchema = z
  .strictObject({
    container: z.string(),
    volume: z.string(),
    version: z.string(),
    upgrade: id.describe('The operation that kept it; its receipt says from when on writes are lost by going back.'),
    since: timestamp.nullable().describe('Its last moment: whoever goes back to it loses what was written since.'),
    until: timestamp.describe('From then on it is removed.'),
  })
  .meta({
    id: 'KeptServer',
    description: 'A server that an upgrade, or a way back, has replaced, stopped and fenced: the way back.',
  });

export const databaseSchema = z
  .strictObject({
    id,
    environment: z.string(),
    environmentId: id,
    handle: z.string(),
    formerHandles: z
      .array(z.string())
      .describe('Handles that containers on its network still reach it by, until its next reload.'),
    version: z.string(),
    persistence: z.enum(persistenceModes),
    persistenceLabel: z.string().nullable(),
    status: z.enum(databaseStatuses),
    lifecycle: z.enum(lifecycles).describe('Of its version, now; one that the catalogue no longer has is deprecated.'),
    lifecycleMark: z
      .strictObject({ lifecycle: z.enum(marks), version: z.string(), noticedAt: timestamp })
      .nullable()
      .describe('What the deprecation sweep has marked and told once; `lifecycle` is how it is now.'),
    exemption: z
      .strictObject({
        ...{ reason: z.string(), endsOn: z.iso.date(), grantedBy: z.string(), grantedAt: timestamp },
        inForce: z.boolean(),
      })
      .nullable(),
    role: z.enum(databaseRoles),
    health: z.enum(databaseHealths),
    healthReason: z.string().nullable(),
    certificateNotAfter: timestamp.nullable().describe('Until when its certificate is good; null before it has one.'),
    ownCertificate: z
      .strictObject({ subject: z.string(), fingerprint256: z.string(), notAfter: timestamp })
      .nullable()
      .describe('The certificate that an operator has brought; null when it shows one of Holdfast.'),
    source: id.nullable().describe('The database that it follows.'),
    replicas: z.array(id).describe('The databases that follow it.'),
    memoryMb: z.int(),
    diskGb: z.int(),
    diskEnforcement: z.literal('advisory'),
    tlsOnly: z.boolean(),
    maxmemoryPolicy: z.enum(maxmemoryPolicies),
    deletionProtection: z.boolean(),
    backupsEnabled: z.boolean(),
    generation: z.int(),
    endpoints: z.array(endpointSchema).describe('Own doors first.'),
    keptServers: z.array(keptServerSchema).describe('The one that a way back leads to is the last.'),
    warnings: z.array(z.string()),
    createdAt: timestamp,
    provisionedAt: timestamp.nullable(),
    deprovisionedAt: timestamp.nullable(),
  })
  .meta({ id: 'Database', description: 'One managed Redis server.' });
export type Database = z.output<typeof databaseSchema>;

const credentialsSchema = z
  .strictObject({
    items: z.array(
      z.strictObject({
        type: z.enum(credentialTypes),
        follows: z.enum(doorFollows),
        username: z.string(),
        password: z.string(),
        url: z.string(),
      }),
    ),
    formerWorksUntil: timestamp
      .nullable()
      .describe('Until then the password before this one works as well; null when only this one does.'),
  })
  .meta({ id: 'Credentials', description: 'Secrets. Each look at them is in the audit history.' });

const databaseStatusSchema = z
  .strictObject({
    id,
    handle: z.string(),
    status: z.enum(databaseStatuses),
    health: z.enum(databaseHealths),
    healthReason: z.string().nullable(),
    role: z.enum(databaseRoles),
    generation: z.int(),
    operation: operationSchema.nullable().describe('The oldest operation on it that has not ended.'),
    live: observationSchema
      .nullable()
      .describe('What a worker sees now, or saw last (`ageMs`); null when it was never looked at.'),
  })
  .meta({ id: 'DatabaseStatus', description: 'What is recorded of the state of a database, and how it is.' });

const tag = 'databases';
const params = idParams(databaseReference);
const location = { Location: 'The operation.' };

export const databaseRoutes = {
  createDatabase: defineRoute({
    id: 'createDatabase',
    method: 'post',
    path: '/v1/environments/{env}/databases',
    tag,
    summary: 'Record a database and start to provision it',
    access: 'deploy',
    params: environmentParams,
    body: createDatabaseSchema,
    answer: {
      status: 202,
      description: 'Recorded; the operation provisions it.',
      schema: z.strictObject({ database: databaseSchema, operation: operationSchema }),
      headers: location,
    },
    errors: [
      'environment_not_found',
      'handle_taken',
      'handle_still_answers',
      'version_unknown',
      'version_deprecated',
      'persistence_conflict',
      'environment_full',
      'ports_exhausted',
    ],
  }),
  listDatabases: defineRoute({
    id: 'listDatabases',
    method: 'get',
    path: '/v1/databases',
    tag,
    summary: 'Databases, oldest first; deprovisioned ones only when asked for by status',
    access: 'read',
    query: z.strictObject({
      ...pageQuery('id'),
      environment: environmentFilter,
      status: z.enum(databaseStatuses).optional(),
      version: z.string().max(32).optional(),
    }),
    answer: { status: 200, description: 'A page of databases.', schema: pageOf(databaseSchema) },
    errors: ['environment_not_found'],
  }),
  getDatabase: defineRoute({
    id: 'getDatabase',
    method: 'get',
    path: '/v1/databases/{id}',
    tag,
    summary: 'One database',
    access: 'read',
    params,
    answer: { status: 200, description: 'The database.', schema: databaseSchema },
    errors: ['database_not_found'],
  }),
  patchDatabase: defineRoute({
    id: 'patchDatabase',
    method: 'patch',
    path: '/v1/databases/{id}',
    tag,
    summary: 'Change what needs no operation, and the handle, which needs one',
    access: 'deploy',
    params,
    body: patchDatabaseSchema,
    answer: { status: 200, description: 'The changed database.', schema: databaseSchema },
    errors: ['database_not_found', 'database_not_ready', 'handle_taken', 'handle_still_answers'],
  }),
  requestOperation: defineRoute({
    id: 'requestOperation',
    method: 'post',
    path: '/v1/databases/{id}/operations',
    tag,
    summary: 'Ask for a change of a running database',
    access: 'operation-kind',
    params,
    body: operationRequestSchema,
    answer: {
      status: 202,
      description:
        'The operation is queued. What only a look at the servers can tell stands in its error: a promotion may end with `replica_not_ready`, `promotion_would_lose_writes` or `split_brain_refused`, a configure with `setting_refused`, a resize with `memory_in_use` or `host_full`.',
      schema: operationSchema,
      headers: location,
    },
    errors: [
      'database_not_found',
      'database_not_ready',
      'confirmation_required',
      'deletion_protected',
      'database_has_replicas',
      'handle_taken',
      'handle_still_answers',
      'replica_too_small',
      'environment_full',
      'ports_exhausted',
      'not_a_replica',
      'replica_not_ready',
      'setting_forbidden',
      'setting_unknown',
      'setting_invalid',
      'setting_conflict',
      'settings_entry_not_found',
      'certificate_is_own',
      'way_back_missing',
      'way_back_blocked',
    ],
  }),
  getCredentials: defineRoute({
    id: 'getCredentials',
    method: 'get',
    path: '/v1/databases/{id}/credentials',
    tag,
    summary: 'Users, passwords and URLs; each call is audited',
    access: 'sensitive',
    params,
    answer: { status: 200, description: 'The credentials, own doors first.', schema: credentialsSchema },
    errors: ['database_not_found', 'database_not_ready'],
  }),
  getEndpoints: defineRoute({
    id: 'getEndpoints',
    method: 'get',
    path: '/v1/databases/{id}/endpoints',
    tag,
    summary: 'The doors of the edge that lead to it',
    access: 'read',
    params,
    answer: {
      status: 200,
      description: 'The doors, own ones first.',
      schema: z.strictObject({ items: z.array(endpointSchema), nextCursor: z.null() }),
    },
    errors: ['database_not_found'],
  }),
  patchEndpoints: defineRoute({
    id: 'patchEndpoints',
    method: 'patch',
    path: '/v1/databases/{id}/endpoints',
    tag,
    summary: 'Say who may use the doors, and how; connections that are open stay',
    access: 'deploy',
    params,
    body: patchEndpointsSchema,
    answer: {
      status: 200,
      description: 'All doors, own ones first. The edge follows within a second.',
      schema: z.strictObject({ items: z.array(endpointSchema), nextCursor: z.null() }),
    },
    errors: ['database_not_found', 'database_not_ready', 'door_not_found'],
  }),
  getDatabaseStatus: defineRoute({
    id: 'getDatabaseStatus',
    method: 'get',
    path: '/v1/databases/{id}/status',
    tag,
    summary: 'State, health and role, the operation in progress, and how the server is now',
    access: 'read',
    params,
    answer: { status: 200, description: 'What is recorded and seen now.', schema: databaseStatusSchema },
    errors: ['database_not_found'],
  }),
};
