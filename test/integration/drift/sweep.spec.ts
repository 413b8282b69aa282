import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { findOperation } from '#persistence/operations/read.js';
import { looked } from '../../support/fake-installation.js';
import { backup, cancel, databaseRow, finished, request } from '../../support/requests.js';
import { complaints } from '../../support/soundness.js';
import {
  addressOf,
  attachBare,
  byHand,
  containerOf,
  foundOf,
  repaired,
  repairsOf,
  showAnother,
  sweepNow,
} from '../../support/sweeps.js';
import { createWorkedInstallation, type WorkedInstallation } from '../../support/worked-installation.js';

const patience = 60_000;
const signal = () => AbortSignal.timeout(10_000);
let installation: WorkedInstallation;

beforeAll(async () => {
  installation = await createWorkedInstallation('drift');
});
afterAll(() => installation.close());

const healthOf = async (id: string) => (await databaseRow(installation, id)).health;
const expectMended = async (id: string): Promise<void> => {
  expect(await repaired(installation, id)).toMatchObject({ status: 'succeeded', receipt: { left: [] } });
  expect(await healthOf(id)).toBe('healthy');
  expect(await foundOf(installation, id)).toEqual([]);
};
const forget = async (id: string): Promise<void> =>
  void (await finished(installation, await request(installation, id, 'deprovision')));

describe('a sweep', () => {
  it(
    'finds nothing where all is as recorded, in a tree as well',
    async () => {
      const source = await installation.provisioned();
      const replica = await installation.replicaOf(source);
      const { counts, findings } = await sweepNow(installation);
      expect(findings).toEqual([]);
      expect(counts).toMatchObject({ skipped: 0, healthChanges: 0, repairsRequested: 0 });
      await forget(replica);
      await forget(source);
    },
    patience,
  );

  it.each<[string, string, (id: string) => Promise<unknown>]>([
    [
      'a stopped container',
      'container_stopped',
      (id) => installation.host.stopContainer(containerOf(installation, id), 1, signal()),
    ],
    [
      'a removed container',
      'container_missing',
      (id) =>
        installation.host.ensureContainerAbsent(
          containerOf(installation, id),
          { installation: installation.control.installation, subject: id },
          signal(),
        ),
    ],
    [
      'another restart policy',
      'restart_policy_differs',
      (id) => installation.host.setRestartPolicy(containerOf(installation, id), 'no', signal()),
    ],
    [
      'another setting',
      'settings_differ',
      (id) => byHand(installation, id, [['CONFIG', 'SET', 'maxmemory', '1048576']]),
    ],
    ['another role', 'role_differs', (id) => byHand(installation, id, [['REPLICAOF', '127.0.0.1', '1']])],
    ['a shut gate', 'gate_shut', (id) => byHand(installation, id, [['CONFIG', 'SET', 'min-replicas-to-write', '3']])],
    [
      "another password of the manager's",
      'manager_refused',
      (id) => byHand(installation, id, [['ACL', 'SETUSER', 'holdfast-manager', 'resetpass', '>another']], 'tenant'),
    ],
    [
      "another password of the tenant's",
      'users_differ',
      (id) => byHand(installation, id, [['ACL', 'SETUSER', 'tenant', '>another']]),
    ],
    ['no network', 'network_differs', (id) => Promise.resolve(installation.host.detach(containerOf(installation, id)))],
    ['a lost name', 'network_differs', (id) => attachBare(installation, id)],
    ['another certificate of ours', 'certificate_differs', (id) => showAnother(installation, id)],
    [
      'a login of nobody',
      'users_differ',
      (id) => byHand(installation, id, [['ACL', 'SETUSER', 'holdfast-replica-nobody', 'on', '+psync']]),
    ],
  ])(
    'sees %s, says so, and has it repaired',
    async (_, code, change) => {
      const id = await installation.provisioned();
      await byHand(installation, id, [['SET', 'kept', 'yes']], 'tenant');
      await change(id);
      const { findings } = await sweepNow(installation);
      expect(findings.filter(({ repair }) => repair !== 'none')).toMatchObject([
        { databaseId: id, code, repair: 'safe' },
      ]);
      await expectMended(id);
      expect(await byHand(installation, id, [['GET', 'kept']], 'tenant')).toEqual(['yes']);
      await forget(id);
      expect(await complaints(looked(installation))).toEqual([]);
    },
    patience,
  );

  it(
    'tells of a certificate that nobody signed whom it trusts, and leaves it until a reload',
    async () => {
      const id = await installation.provisioned();
      await showAnother(installation, id, 'stranger');
      expect(await foundOf(installation, id)).toEqual(['certificate_refused']);
      expect([await healthOf(id), await repairsOf(installation, id)]).toEqual(['down', 0]);
      expect((await finished(installation, await request(installation, id, 'reload'))).error).toBeNull();
      expect(await foundOf(installation, id)).toEqual([]);
      expect(await healthOf(id)).toBe('healthy');
      await forget(id);
    },
    patience,
  );

  it(
    'takes one missed answer for nothing, and two for a server that is down',
    async () => {
      const id = await installation.provisioned();
      const missed = new HoldfastError('server_not_ready', 'the server does not answer');
      installation.clients.faults.failNext('connect', missed);
      const { findings, counts } = await sweepNow(installation);
      expect(findings).toEqual([]);
      expect(counts).toMatchObject({ healthChanges: 0, byHealth: { healthy: 1 } });
      installation.clients.faults.failNext('connect', missed);
      installation.clients.faults.failNext('connect', missed);
      expect(await foundOf(installation, id)).toEqual(['server_silent']);
      expect([await healthOf(id), await repairsOf(installation, id)]).toEqual(['down', 0]);
      expect(await foundOf(installation, id)).toEqual([]);
      expect(await healthOf(id)).toBe('healthy');
      await forget(id);
    },
    patience,
  );

  it(
    'points a replica that follows another server back to its source',
    async () => {
      const [source, other] = [await installation.provisioned(), await installation.provisioned()];
      const replica = await installation.replicaOf(source);
      await byHand(installation, replica, [['REPLICAOF', await addressOf(installation, other), '6380']]);
      expect((await sweepNow(installation)).findings).toMatchObject([{ databaseId: replica, code: 'source_differs' }]);
      await expectMended(replica);
      for (const id of [replica, source, other]) await forget(id);
    },
    patience,
  );

  it(
    'tells of two servers that take writes, and guesses nothing',
    async () => {
      const source = await installation.provisioned();
      const replica = await installation.replicaOf(source);
      await byHand(installation, replica, [['REPLICAOF', 'NO', 'ONE']]);
      const { findings } = await sweepNow(installation);
      expect(findings.map(({ code, repair }) => `${code} ${repair}`)).toEqual([
        'split_brain manual',
        'split_brain manual',
      ]);
      expect([await healthOf(source), await healthOf(replica)]).toEqual(['down', 'down']);
      expect([await repairsOf(installation, source), await repairsOf(installation, replica)]).toEqual([0, 0]);
      const asked = await finished(installation, await request(installation, replica, { type: 'repair' }));
      expect(asked).toMatchObject({ status: 'failed', error: { code: 'split_brain_refused' } });
      await forget(replica);
      await forget(source);
    },
    patience,
  );

  it(
    'leaves a memory-only source that came back empty behind its gate',
    async () => {
      const source = await installation.provisioned({ version: '8.0', persistence: 'none' });
      await byHand(installation, source, [['SET', 'kept', 'yes']], 'tenant');
      const replica = await installation.replicaOf(source);
      installation.host.cut(containerOf(installation, source), containerOf(installation, replica));
      installation.host.killProcess(containerOf(installation, source));
      installation.host.mend();
      expect(await foundOf(installation, source)).toContain('memory_lost');
      expect(await repairsOf(installation, source)).toBe(0);
      const asked = await finished(installation, await request(installation, source, { type: 'repair' }));
      expect(asked).toMatchObject({ status: 'succeeded', receipt: { left: [{ code: 'memory_lost' }] } });
      expect(await healthOf(source)).toBe('down');
      expect(await byHand(installation, replica, [['GET', 'kept']])).toEqual(['yes']);
      await forget(replica);
      await forget(source);
    },
    patience,
  );

  it(
    'leaves alone what an operation holds',
    async () => {
      const id = await installation.provisioned();
      await installation.host.stopContainer(containerOf(installation, id), 1, signal());
      const hold = installation.host.faults.hold('startContainer');
      const operationId = await request(installation, id, 'restart');
      await hold.reached;
      const { counts, findings } = await sweepNow(installation);
      expect(counts.skipped).toBe(1);
      expect(findings).toEqual([]);
      expect(await healthOf(id)).toBe('healthy');
      hold.release();
      expect((await finished(installation, operationId)).status).toBe('succeeded');
      await forget(id);
    },
    patience,
  );

  it(
    'does not wait for a backup, which waits for its store',
    async () => {
      const id = await installation.provisioned();
      installation.store.setUnreachable(true);
      const { operationId } = await backup(installation, id);
      await installation.host.stopContainer(containerOf(installation, id), 1, signal());
      expect(await foundOf(installation, id)).toContain('container_stopped');
      await expectMended(id);
      expect(await findOperation(installation.control.db, operationId)).toMatchObject({ finished_at: null });
      await cancel(installation, operationId);
      installation.store.setUnreachable(false);
      await finished(installation, operationId);
      await forget(id);
    },
    patience,
  );

  it(
    'asks for no repair where the last one failed a moment ago',
    async () => {
      const id = await installation.provisioned();
      await installation.host.setRestartPolicy(containerOf(installation, id), 'no', signal());
      await sweepNow(installation);
      const first = await repaired(installation, id);
      const isNow = (status: 'failed' | 'succeeded') =>
        installation.control.db.updateTable('operations').set({ status }).where('id', '=', first.id).execute();
      await isNow('failed');
      await installation.host.setRestartPolicy(containerOf(installation, id), 'no', signal());
      await sweepNow(installation);
      expect(await repairsOf(installation, id)).toBe(1);
      expect(await healthOf(id)).toBe('degraded');
      // As its history has it.
      await isNow('succeeded');
      await forget(id);
    },
    patience,
  );
});
