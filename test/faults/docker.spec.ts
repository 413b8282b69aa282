import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { operationKinds } from '#domain/operation/kinds.js';
import { findOperation } from '#persistence/operations/read.js';
import { CutSocket } from '../support/cut-socket.js';
import { eventually } from '../support/eventually.js';
import { FaultRun } from '../support/fault-run.js';
import { uniqueName } from '../support/names.js';
import { cancel, create, databaseRow, finished, release, request } from '../support/requests.js';

const patience = 120_000;
const docker = new CutSocket(join(tmpdir(), `${uniqueName('docker')}.sock`), '/var/run/docker.sock');
let run: FaultRun;

beforeAll(async () => {
  await docker.up();
  run = await FaultRun.open({}, { HOLDFAST_DOCKER_SOCKET: docker.path });
  await run.installation.start('scheduler');
  await run.worker();
  // The edge is up before anything is cut.
  await eventually(async () => expect(await run.complaints()).toEqual([]), { withinMs: 20_000 });
}, patience);
afterAll(async () => {
  await docker.up();
  await run.close();
  await docker.down();
}, patience);

const operation = (id: string) => findOperation(run.installation.control.db, id);
const waitsForEngine = (id: string): Promise<void> =>
  eventually(
    async () => expect(await operation(id)).toMatchObject({ status: 'waiting', error: { code: 'engine_unreachable' } }),
    { withinMs: 20_000 },
  );
const begun = (id: string, step: string): Promise<void> =>
  eventually(async () => expect((await run.journal(id)).join()).toContain(step), { withinMs: 20_000 });

describe('an engine that is down', () => {
  it(
    'is waited for, and the operation goes on when it is back',
    async () => {
      await docker.down();
      const { databaseId, operationId } = await create(run.installation, 'down-first');
      await waitsForEngine(operationId);
      await docker.up();
      expect((await finished(run.installation, operationId)).status).toBe('succeeded');
      expect(await run.throughDoors(databaseId, 'PING')).toEqual(Array(4).fill('PONG'));
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );

  it(
    'for longer than the patience of a provision fails it with the cause, and leaves nothing behind',
    async () => {
      await docker.down();
      const { databaseId, operationId } = await create(run.installation, 'down-long');
      const { attempts } = operationKinds.provision;
      for (let attempt = 1; attempt < attempts; attempt++) {
        await eventually(
          async () => expect(await operation(operationId)).toMatchObject({ status: 'waiting', attempt }),
          { withinMs: 20_000 },
        );
        await release(run.installation, operationId);
      }
      expect(await finished(run.installation, operationId)).toMatchObject({
        status: 'failed',
        error: { code: 'engine_unreachable', remedy: expect.stringContaining('retry'), leftBehind: [] },
      });
      expect((await databaseRow(run.installation, databaseId)).status).toBe('provision_failed');
      await docker.up();
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );

  it(
    'in the middle of a reload holds it up and costs it nothing',
    async () => {
      const { databaseId, operationId } = await create(run.installation, 'down-reload');
      await finished(run.installation, operationId);
      await run.throughDoors(databaseId, 'SET', 'kept', 'value');
      const reload = await request(run.installation, databaseId, 'reload');
      await begun(reload, 'remove');
      await docker.down();
      await eventually(async () => expect((await operation(reload))?.status).not.toBe('running'), { withinMs: 20_000 });
      await docker.up();
      expect((await finished(run.installation, reload)).status).toBe('succeeded');
      expect(await run.throughDoors(databaseId, 'GET', 'kept')).toEqual(Array(4).fill('value'));
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );
});

describe('an engine that is slow', () => {
  it(
    'does not keep a cancel from removing what it makes later than it is asked',
    async () => {
      await docker.up(1000);
      const { databaseId, operationId } = await create(run.installation, 'slow-cancel');
      await begun(operationId, 'create running');
      await cancel(run.installation, operationId);
      expect((await finished(run.installation, operationId)).status).toBe('cancelled');
      await docker.up();
      expect((await databaseRow(run.installation, databaseId)).status).toBe('deprovisioned');
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );

  it(
    'and then breaks off is asked again, and makes nothing twice',
    async () => {
      await docker.up(1000);
      const { databaseId, operationId } = await create(run.installation, 'stalled');
      await begun(operationId, 'prepare running');
      docker.stall();
      await docker.down();
      await docker.up();
      expect((await finished(run.installation, operationId)).status).toBe('succeeded');
      expect(await run.throughDoors(databaseId, 'PING')).toEqual(Array(4).fill('PONG'));
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );
});
