import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database } from '#contracts/http/databases.js';
import type { Operation } from '#contracts/http/operations.js';
import type { ObservationView } from '#contracts/http/observations.js';
import type { SweepWithFindings } from '#contracts/http/sweeps.js';
import { typed } from '../support/by-hand.js';
import { eventually } from '../support/eventually.js';
import { crash, docker, inspect } from '../support/host.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { replicate } from '../support/live-tree.js';
import { asTenant, whenBack } from '../support/tenant.js';

const patience = 180_000;
const withinMs = 60_000;
let live: Live;

beforeAll(async () => {
  live = await Live.start({ HOLDFAST_DRIFT_SWEEP_SECONDS: '1' });
}, patience);
afterAll(() => live.close(), patience);

const byManager = (database: LiveDatabase, ...command: readonly string[]): Promise<string> =>
  typed(live.installation.control, database, 'manager', ...command);

const repairsOf = async (id: string): Promise<Operation[]> =>
  (await live.ask<{ items: Operation[] }>('GET', `/v1/operations?database=${id}&type=repair`)).items;

/** Until the sweep has seen it and a repair it asked for has succeeded. */
const mended = (id: string, code: string): Promise<Operation> =>
  eventually(
    async () => {
      const repair = (await repairsOf(id)).find(({ receipt }) => receipt?.found?.includes(code));
      expect(repair).toMatchObject({ status: 'succeeded', requestedBy: 'sweep:drift', receipt: { left: [] } });
      expect((await live.show(id)).health).toBe('healthy');
      return repair!;
    },
    { withinMs },
  );

const sick = (id: string, reason: RegExp): Promise<Database> =>
  eventually(
    async () => {
      const database = await live.show(id);
      expect(database).toMatchObject({ health: 'down', healthReason: expect.stringMatching(reason) });
      return database;
    },
    { withinMs },
  );

const statusOf = (id: string): Promise<{ live: ObservationView }> => live.ask('GET', `/v1/databases/${id}/status`);
const kept = (database: LiveDatabase): Promise<unknown> => whenBack(database, (client) => client.call('GET', 'kept'));
const keep = (database: LiveDatabase): Promise<unknown> =>
  asTenant(database, (client) => client.call('SET', 'kept', 'yes'));

const networkOf = async (container: string): Promise<string> => {
  const found = await inspect<{ NetworkSettings: { Networks: object } }>(container);
  return Object.keys(found.NetworkSettings.Networks)[0] ?? '';
};

describe.each(['8.0', '7.0', '6.0'])('where all is as recorded on Redis %s', (version) => {
  it(
    'nothing is found, of a source and of a replica',
    async () => {
      const name = version.replace('.', '');
      const source = await live.provision(`well-${name}`, { version });
      const replica = await replicate(live, source, `well-${name}-1`);
      const own = await Promise.all([statusOf(source.id), statusOf(replica.id)]);
      expect(own.map(({ live: seen }) => [seen.answers, seen.findings])).toEqual(Array(2).fill([true, []]));
      for (const { id } of [source, replica]) expect(await repairsOf(id)).toEqual([]);
      await live.operate(replica, 'deprovision');
      await live.operate(source, 'deprovision');
    },
    patience,
  );
});

describe('what is changed by hand on the host', () => {
  it.each<[string, string, (database: LiveDatabase) => Promise<unknown>]>([
    ['a container that is stopped', 'container_stopped', ({ container }) => docker('stop', container)],
    ['a container that is removed', 'container_missing', ({ container }) => docker('rm', '--force', container)],
    [
      'another restart policy',
      'restart_policy_differs',
      ({ container }) => docker('update', '--restart', 'no', container),
    ],
    ['another setting', 'settings_differ', (database) => byManager(database, 'CONFIG', 'SET', 'maxmemory', '1mb')],
    [
      "another password of Holdfast's",
      'manager_refused',
      (database) =>
        typed(live.installation.control, database, 'tenant', 'ACL', 'SETUSER', 'holdfast-manager', 'resetpass', '>x'),
    ],
    [
      'a container that is taken off its network',
      'network_differs',
      async ({ container }) => docker('network', 'disconnect', await networkOf(container), container),
    ],
    [
      'another certificate than the recorded one',
      'certificate_differs',
      ({ id }) =>
        live.installation.control.db
          .updateTable('databases')
          .set({ certificate_not_after: new Date('2030-01-01') })
          .where('id', '=', id)
          .execute(),
    ],
    [
      "another password of the tenant's",
      'users_differ',
      (database) => byManager(database, 'ACL', 'SETUSER', 'tenant', 'resetpass', '>x'),
    ],
  ])(
    '%s is put right, and the data is there',
    async (_, code, change) => {
      const database = await live.provision(code.replaceAll('_', '-'));
      await keep(database);
      await change(database);
      await mended(database.id, code);
      expect(await kept(database)).toBe('yes');
      const policy = await inspect<{ HostConfig: { RestartPolicy: { Name: string } } }>(database.container);
      expect(policy.HostConfig.RestartPolicy.Name).toBe('unless-stopped');
      await live.operate(database, 'deprovision');
    },
    patience,
  );
});

describe('what is changed by hand in a tree', () => {
  it(
    'a replica that was pointed elsewhere follows its source again',
    async () => {
      const source = await live.provision('tree-source');
      await keep(source);
      const replica = await replicate(live, source, 'tree-replica');
      await byManager(replica, 'REPLICAOF', '127.0.0.1', '1');
      await mended(replica.id, 'source_differs');
      await eventually(
        async () => {
          const { live: seen } = await statusOf(replica.id);
          expect(seen).toMatchObject({
            answers: true,
            findings: [],
            server: { role: 'replica', link: 'up', lagBytes: 0 },
          });
          expect(seen.ageMs).toBeLessThan(1500);
        },
        { withinMs },
      );
      expect(await kept(replica)).toBe('yes');
      await live.operate(replica, 'deprovision');
      await live.operate(source, 'deprovision');
    },
    patience,
  );

  it(
    'two servers that take writes are told of, and nobody guesses',
    async () => {
      const source = await live.provision('split-source');
      const replica = await replicate(live, source, 'split-replica');
      await byManager(replica, 'REPLICAOF', 'NO', 'ONE');
      await asTenant(replica, (client) => client.call('SET', 'astray', 'yes'));
      await sick(source.id, /More than one server takes writes/);
      await sick(replica.id, /More than one server takes writes/);
      for (const type of ['repair', 'promote'] as const) {
        const body = type === 'promote' ? ({ type, mode: 'strict' } as const) : { type };
        const { id } = await live.requestOperation(replica.id, body);
        expect(await live.finished(id)).toMatchObject({ status: 'failed', error: { code: 'split_brain_refused' } });
      }
      expect((await repairsOf(source.id)).length).toBe(0);
      expect(await asTenant(replica, (client) => client.call('GET', 'astray'))).toBe('yes');
      await eventually(
        async () => {
          const { items } = await live.ask<{ items: SweepWithFindings[] }>('GET', '/v1/sweeps?kind=drift&limit=5');
          const last = items.find(({ status }) => status === 'succeeded');
          const { findings } = await live.ask<SweepWithFindings>('GET', `/v1/sweeps/${last?.id ?? ''}`);
          const told = findings.map((found) => `${'handle' in found ? found.handle : ''} ${found.code}`).sort();
          expect(told).toEqual(['split-replica split_brain', 'split-source split_brain']);
        },
        { withinMs },
      );
      await live.operate(replica, 'deprovision');
      await eventually(async () => expect((await live.show(source.id)).health).toBe('healthy'), { withinMs });
      await live.operate(source, 'deprovision');
    },
    patience,
  );

  it(
    'a memory-only source that comes back empty wipes no replica, until somebody promotes that',
    async () => {
      const source = await live.provision('memory-source', { persistence: 'none' });
      await keep(source);
      const replica = await replicate(live, source, 'memory-replica');
      await crash(source.container);
      await sick(source.id, /came back without its data/);
      expect(await kept(replica)).toBe('yes');
      expect(await repairsOf(source.id)).toEqual([]);
      await live.succeeded((await live.requestOperation(replica.id, { type: 'promote', mode: 'force' })).id);
      expect(await kept(replica)).toBe('yes');
    },
    patience,
  );
});
