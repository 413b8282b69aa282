import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findOperation } from '#persistence/operations/read.js';
import { eventually } from '../support/eventually.js';
import { FaultRun } from '../support/fault-run.js';
import { create, databaseRow, finished, request } from '../support/requests.js';
import { docker } from '../support/test-edge.js';

const patience = 90_000;
let run: FaultRun;

beforeAll(async () => {
  run = await FaultRun.open();
  await run.installation.start('scheduler');
}, patience);
afterAll(() => run.close(), patience);

const reaches = (operationId: string, step: string): Promise<void> =>
  eventually(async () => expect((await run.journal(operationId)).join()).toContain(step), { withinMs: 20_000 });

describe('a worker that is asked to end', () => {
  it(
    'releases its operation, and another one goes on without waiting for the lease',
    async () => {
      const first = await run.installation.start('lifecycle-worker', { HOLDFAST_LEASE_SECONDS: '600' });
      const { databaseId, operationId } = await create(run.installation, 'released');
      await reaches(operationId, 'await-ready running');
      const second = run.worker();
      first.kill('SIGTERM');
      expect(await first.exited).toEqual({ code: 0, signal: null });
      const worker = await second;
      expect(await finished(run.installation, operationId, 20_000)).toMatchObject({ status: 'succeeded', attempt: 2 });
      const journal = await run.journal(operationId);
      expect(journal[0]).toMatch(/await-ready interrupted$/);
      expect(await run.throughDoors(databaseId, 'PING')).toEqual(Array(4).fill('PONG'));
      expect(await run.complaints()).toEqual([]);
      await worker.end();
    },
    patience,
  );
});

describe('a worker that stands still for longer than its lease', () => {
  it.each(['provision', 'reload'] as const)(
    'does no damage to a %s that another one has finished meanwhile',
    async (kind) => {
      const paused = await run.worker();
      const handle = `paused-${kind}`;
      const created = await create(run.installation, handle);
      if (kind === 'reload') await finished(run.installation, created.operationId);
      const operationId =
        kind === 'reload' ? await request(run.installation, created.databaseId, kind) : created.operationId;
      await reaches(operationId, 'create running');
      paused.kill('SIGSTOP');
      const worker = await run.worker();
      const ended = await finished(run.installation, operationId);
      expect(ended.status).toBe('succeeded');
      paused.kill('SIGCONT');
      await paused.end();
      expect(await findOperation(run.installation.control.db, operationId)).toEqual(ended);
      expect(await run.throughDoors(created.databaseId, 'PING')).toEqual(Array(4).fill('PONG'));
      expect(await run.complaints()).toEqual([]);
      await worker.end();
    },
    patience,
  );
});

describe('an edge', () => {
  const edge = (): string => `${run.installation.name}-edge`;

  it(
    'that is gone is started again by the operation that needs it',
    async () => {
      const worker = await run.worker();
      await docker('rm', '--force', edge());
      const { databaseId, operationId } = await create(run.installation, 'edge-gone');
      expect(await finished(run.installation, operationId)).toMatchObject({ status: 'succeeded' });
      expect(await run.throughDoors(databaseId, 'PING')).toEqual(Array(4).fill('PONG'));
      expect(await run.complaints()).toEqual([]);
      await worker.end();
    },
    patience,
  );

  it(
    'whose ports a stranger has taken fails the operation with that cause, and leaves nothing behind',
    async () => {
      await docker('rm', '--force', edge());
      const first = Number(run.installation.environment['HOLDFAST_EDGE_PORTS']?.split('-')[0]);
      const stranger = createServer().listen(first + 150, '0.0.0.0');
      await once(stranger, 'listening');
      const worker = await run.worker();
      const { databaseId, operationId } = await create(run.installation, 'ports-taken');
      expect(await finished(run.installation, operationId)).toMatchObject({
        status: 'failed',
        error: { code: 'edge_ports_taken', leftBehind: [] },
      });
      expect((await databaseRow(run.installation, databaseId)).status).toBe('provision_failed');
      stranger.close();
      await once(stranger, 'close');
      await worker.end();
      const healed = await run.worker();
      await eventually(async () => expect(await run.complaints()).toEqual([]), { withinMs: 20_000 });
      await healed.end();
    },
    patience,
  );
});
