import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CutSocket } from '../support/cut-socket.js';
import { eventually } from '../support/eventually.js';
import { FaultRun } from '../support/fault-run.js';
import { crash, docker, inspect } from '../support/host.js';
import { uniqueName } from '../support/names.js';
import {
  addReplica,
  eventuallyFollows,
  eventuallyHas,
  eventuallyWrites,
  failure,
  makeTree,
  memberOf,
  operationRow,
  succeeded,
  tell,
  tryWrite,
  writable,
  type Member,
} from '../support/replication-tree.js';
import { databaseRow, promote, release, request } from '../support/requests.js';

const patience = 120_000;
const engine = new CutSocket(join(tmpdir(), `${uniqueName('docker')}.sock`), '/var/run/docker.sock');
let run: FaultRun;

beforeAll(async () => {
  await engine.up();
  run = await FaultRun.open({ HOLDFAST_DRIFT_SWEEP_SECONDS: '3600' }, { HOLDFAST_DOCKER_SOCKET: engine.path });
  await run.installation.start('scheduler');
  await run.worker();
}, patience);
afterEach(() => engine.up());
afterAll(() => engine.down());
afterAll(() => run.close(), patience);

const row = (id: string) => databaseRow(run.installation, id);
const restartPolicy = async ({ container }: Member): Promise<string> =>
  (await inspect<{ HostConfig: { RestartPolicy: { Name: string } } }>(container)).HostConfig.RestartPolicy.Name;

const refusesToLose = async (replica: Member): Promise<void> => {
  const lost = 'promotion_would_lose_writes';
  expect(await failure(run, await promote(run.installation, replica.id, 'strict'))).toBe(lost);
  expect(await failure(run, await promote(run.installation, replica.id, 'limited', 1_000_000))).toBe(lost);
};

/** The server of a fenced database, started by hand: it can be read, and nothing can be written. */
const comesBackFenced = async (former: Member): Promise<void> => {
  await docker('start', former.container);
  await eventuallyWrites(former, 'READONLY');
  await eventuallyHas(former, 'kept', 'yes');
};

describe('a primary that is gone', () => {
  it(
    'is replaced by force only, comes back without taking a write, and its other replicas follow the new one',
    async () => {
      const [source, replica, sibling] = await makeTree(run, 'gone', {}, 2);
      await tell(source, 'SET', 'kept', 'yes');
      await Promise.all([replica, sibling!].map((one) => eventuallyHas(one, 'kept', 'yes')));
      await docker('kill', source.container);
      await refusesToLose(replica);
      expect(await writable([replica, sibling!])).toEqual([]);
      const { receipt } = await succeeded(run, await promote(run.installation, replica.id, 'force'));
      expect(receipt).toMatchObject({ method: 'failover', mode: 'force', sourceOffset: null, lostBytes: null });
      expect(receipt).toMatchObject({ replicaOffset: expect.any(Number), linkDownSeconds: expect.any(Number) });
      expect(await row(source.id)).toMatchObject({ role: 'fenced', source_id: null });
      expect(await row(sibling!.id)).toMatchObject({ role: 'replica', source_id: replica.id });
      expect(await run.throughDoors(replica.id, 'SET', 'after', 'yes')).toEqual(Array(4).fill('OK'));
      await eventuallyHas(sibling!, 'after', 'yes');
      expect(await restartPolicy(source)).toBe('no');
      await comesBackFenced(source);
      expect(await writable([source, replica, sibling!])).toEqual([replica.id]);
      // Its file knows its role, and its gate opens when its follower is back.
      await crash(replica.container);
      await eventuallyWrites(replica, 'OK');
      await eventuallyHas(replica, 'after', 'yes');
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );

  it(
    'whose engine is away too is replaced by force at once, is fenced when the engine is back, and takes no write until then',
    async () => {
      const [source, replica, sibling] = await makeTree(run, 'away', {}, 2);
      await tell(source, 'SET', 'kept', 'yes');
      await Promise.all([replica, sibling!].map((one) => eventuallyHas(one, 'kept', 'yes')));
      await docker('kill', source.container);
      await engine.down();
      await refusesToLose(replica);
      const promotion = await promote(run.installation, replica.id, 'force');
      await eventuallyWrites(replica, 'OK');
      await eventually(
        async () =>
          expect(await operationRow(run, promotion)).toMatchObject({
            status: 'waiting',
            error: { code: 'engine_unreachable' },
          }),
        { withinMs: 20_000 },
      );
      expect(await run.throughDoors(replica.id, 'SET', 'after', 'yes')).toEqual(Array(4).fill('OK'));
      // The other replica has not been told of the new primary yet, and goes back to the old one.
      await docker('start', source.container);
      await eventuallyFollows(sibling!, source);
      expect(await tryWrite(source)).toBe('NOREPLICAS');
      expect(await writable([source, replica, sibling!])).toEqual([replica.id]);
      await engine.up();
      await release(run.installation, promotion);
      await succeeded(run, promotion);
      expect(await row(source.id)).toMatchObject({ role: 'fenced' });
      expect(await restartPolicy(source)).toBe('no');
      await comesBackFenced(source);
      await eventuallyHas(sibling!, 'after', 'yes');
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );

  it(
    'at the top of a chain, with its engine away, takes no write when it returns and the lowest replica was promoted',
    async () => {
      const [source, middle] = await makeTree(run, 'chain');
      const lowest = await memberOf(run, await addReplica(run, middle.id, 'chain-low'));
      await tell(source, 'SET', 'kept', 'yes');
      await eventuallyHas(lowest, 'kept', 'yes');
      await docker('kill', source.container);
      await engine.down();
      const promotion = await promote(run.installation, lowest.id, 'force');
      await eventuallyWrites(lowest, 'OK');
      await docker('start', source.container);
      await eventuallyWrites(source, 'NOREPLICAS');
      expect(await writable([source, middle, lowest])).toEqual([lowest.id]);
      await engine.up();
      await release(run.installation, promotion);
      await succeeded(run, promotion);
      await eventuallyFollows(middle, lowest);
      await tell(lowest, 'SET', 'after', 'yes');
      await eventuallyHas(middle, 'after', 'yes');
      expect(await row(middle.id)).toMatchObject({ role: 'replica', source_id: lowest.id });
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );
});

describe('a primary that keeps its data in memory only', () => {
  it(
    'and comes back empty does not wipe its replica, takes no write, and the replica can be promoted with everything',
    async () => {
      const [source, replica] = await makeTree(run, 'memory', { persistence: 'none' });
      await tell(source, 'SET', 'kept', 'yes');
      await eventuallyHas(replica, 'kept', 'yes');
      await crash(source.container);
      await eventuallyWrites(source, 'NOREPLICAS');
      expect(await tell(source, 'DBSIZE')).toBe(0);
      expect(await tell(replica, 'GET', 'kept')).toBe('yes');
      expect(await failure(run, await promote(run.installation, replica.id, 'strict'))).toBe(
        'promotion_would_lose_writes',
      );
      expect(await writable([source, replica])).toEqual([]);
      await succeeded(run, await promote(run.installation, replica.id, 'force'));
      expect(await writable([source, replica])).toEqual([replica.id]);
      expect(await tell(replica, 'GET', 'kept')).toBe('yes');
      await eventuallyHas(source, 'kept', 'yes');
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );

  it(
    'is empty after a confirmed restart, and so is its replica: that is what was confirmed',
    async () => {
      const [source, replica] = await makeTree(run, 'wiped', { persistence: 'none' });
      await tell(source, 'SET', 'kept', 'yes');
      await eventuallyHas(replica, 'kept', 'yes');
      await succeeded(run, await request(run.installation, source.id, 'restart'));
      expect(await tryWrite(source)).toBe('OK');
      await eventuallyHas(replica, 'kept', null);
      await eventuallyHas(replica, 'tried', 'yes');
    },
    patience,
  );
});
