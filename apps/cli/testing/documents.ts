import type { Backup, Database, Operation } from '../api/documents.js';
import type { Scene } from './scripted-api.js';

const at = '2026-11-22T10:00:00.000Z';
export const databaseId = '0199d3a0-0000-7000-8000-000000000001';
export const operationId = '0199d3a0-0000-7000-8000-000000000002';

/** Settings of a door that nobody changed. */
const unset = { allow: [], connectionLimit: null, idleTimeoutSeconds: null, bindAddress: null };

export const database: Database = {
  id: databaseId,
  environment: 'default',
  environmentId: '0199d3a0-0000-7000-8000-000000000003',
  handle: 'orders',
  version: '8.0',
  persistence: 'aof',
  persistenceLabel: null,
  status: 'provisioned',
  lifecycle: 'available',
  lifecycleMark: null,
  exemption: null,
  role: 'primary',
  health: 'healthy',
  healthReason: null,
  source: null,
  replicas: [],
  memoryMb: 1024,
  diskGb: 10,
  diskEnforcement: 'advisory',
  tlsOnly: false,
  maxmemoryPolicy: 'noeviction',
  deletionProtection: false,
  backupsEnabled: true,
  generation: 1,
  warnings: [],
  formerHandles: [],
  keptServers: [],
  certificateNotAfter: '2027-01-02T03:04:05.000Z',
  ownCertificate: null,
  endpoints: [
    { type: 'redis', follows: 'database', host: '127.0.0.1', port: 20000, ...unset },
    { type: 'redis+ssl', follows: 'database', host: '127.0.0.1', port: 20001, ...unset },
    { type: 'redis', follows: 'primary', host: '127.0.0.1', port: 20002, ...unset },
    { type: 'redis+ssl', follows: 'primary', host: '127.0.0.1', port: 20003, ...unset },
  ],
  createdAt: at,
  provisionedAt: at,
  deprovisionedAt: null,
};

export const backupId = '0199d3a0-0000-7000-8000-000000000004';

export const backup: Backup = {
  ...{ id: backupId, database: databaseId, handle: 'orders', environment: 'default', orphaned: false },
  environmentId: '0199d3a0-0000-7000-8000-000000000003',
  ...{ kind: 'manual', status: 'complete', error: null },
  ...{ verification: 'verified', verificationDetail: null, verifiedAt: at, checkedAt: at, restoreMs: 1400 },
  ...{ version: '8.0', persistence: 'aof', memoryMb: 1024, storedBytes: 1_572_864, clearBytes: 2_097_152, keys: 12 },
  settings: { 'maxmemory-policy': 'allkeys-lru', save: '900 1' },
  keysByDatabase: [{ index: 0, keys: 12, expiring: 3 }],
  ...{ takenFrom: databaseId, store: 'default', copyOf: null, copies: [], masterKeyVersion: 1, hold: null },
  ...{ requestedBy: 'owner', operation: operationId, snapshotAt: at, createdAt: at, completedAt: at, purgedAt: null },
};

export const operationOf = (status: Operation['status'], changes: Partial<Operation> = {}): Operation => ({
  id: operationId,
  type: 'restart',
  status,
  environment: 'default',
  environmentId: '0199d3a0-0000-7000-8000-000000000003',
  targets: [databaseId],
  databases: [{ id: databaseId, handle: 'orders' }],
  parameters: {},
  attempt: 1,
  retryOf: null,
  cancelRequestedAt: null,
  steps: [],
  error: null,
  receipt: null,
  requestedBy: 'owner',
  createdAt: at,
  startedAt: at,
  finishedAt: status === 'queued' || status === 'running' ? null : '2026-11-22T10:00:01.500Z',
  ...changes,
});

export const stepOf = (name: string): Operation['steps'][number] => ({
  name,
  status: 'succeeded',
  startedAt: at,
  finishedAt: '2026-11-22T10:00:00.052Z',
  attempt: 1,
});

export const problem = (status: number, code: string, detail = 'Because.') => ({
  status,
  body: { type: 'about:blank', title: 'Refused', status, code, detail, remedy: 'Do something else.' },
});

/** The live log of an operation that has ended. */
export const ended: Scene = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end('event: end\ndata: {}\n\n');
};

export const page = (...items: unknown[]) => ({ status: 200, body: { items, nextCursor: null } });
