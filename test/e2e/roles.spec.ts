import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { FaultRun } from '../support/fault-run.js';
import { docker, filesIn } from '../support/host.js';
import {
  addReplica,
  eventuallyFollows,
  eventuallyHas,
  eventuallyWrites,
  makeTree,
  memberOf,
  succeeded,
  tell,
  tryWrite,
  writable,
  type Member,
} from '../support/replication-tree.js';
import { databaseRow, promote, replicate, request } from '../support/requests.js';
import { serverPaths } from '#domain/server/names.js';

/** What lasts of a promotion, who follows whom, and what is refused. */

const patience = 120_000;
let run: FaultRun;
let worker: AppProcess;

beforeAll(async () => {
  run = await FaultRun.open({ HOLDFAST_DRIFT_SWEEP_SECONDS: '3600' });
  await run.installation.start('scheduler');
  worker = await run.worker();
}, patience);
afterAll(() => run.close(), patience);

const edge = (): string => `${run.installation.name}-edge`;
const promoteAndWait = async (replica: Member) => succeeded(run, await promote(run.installation, replica.id));

const rolesAre = async (primary: Member, replica: Member, key: string): Promise<void> => {
  await eventuallyWrites(primary, 'OK');
  await eventuallyFollows(replica, primary);
  await tell(primary, 'SET', key, 'yes');
  await eventuallyHas(replica, key, 'yes');
  expect(await writable([primary, replica])).toEqual([primary.id]);
};

describe('after a promotion', () => {
  it(
    'the roles outlive restarts of both containers in each order, of the edge, and of Holdfast',
    async () => {
      const [former, primary] = await makeTree(run, 'lasting');
      await promoteAndWait(primary);
      await rolesAre(primary, former, 'at once');
      for (const order of [
        [former, primary],
        [primary, former],
      ]) {
        for (const { container } of order) await docker('restart', '--time', '3', container);
        await rolesAre(primary, former, `restarted ${order.indexOf(primary)}`);
      }
      for (const { container } of [former, primary]) await docker('kill', container);
      await docker('start', former.container);
      await eventuallyWrites(former, 'READONLY');
      await docker('start', primary.container);
      await rolesAre(primary, former, 'started by hand');
      await docker('restart', edge());
      await worker.end();
      worker = await run.worker();
      expect(await run.throughDoors(primary.id, 'SET', 'through', 'yes')).toEqual(Array(4).fill('OK'));
      await succeeded(run, await request(run.installation, former.id, 'restart'));
      await succeeded(run, await request(run.installation, primary.id, 'reload'));
      await succeeded(run, await request(run.installation, former.id, 'reload'));
      await rolesAre(primary, former, 'by Holdfast');
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );

  it(
    'of the lowest replica of a chain everybody follows it, and the sides can be taken away one by one',
    async () => {
      const [source, middle, sibling] = await makeTree(run, 'chain', {}, 2);
      const lowest = await memberOf(run, await addReplica(run, middle.id, 'chain-lowest'));
      await tell(source, 'SET', 'kept', 'yes');
      await eventuallyHas(lowest, 'kept', 'yes');
      await promoteAndWait(lowest);
      for (const one of [source, middle, sibling!]) {
        await eventuallyFollows(one, lowest);
        expect(await databaseRow(run.installation, one.id)).toMatchObject({ role: 'replica', source_id: lowest.id });
      }
      await tell(lowest, 'SET', 'after', 'yes');
      await Promise.all([source, middle, sibling!].map((one) => eventuallyHas(one, 'after', 'yes')));
      expect(await run.complaints()).toEqual([]);
      await expect(request(run.installation, lowest.id, 'deprovision')).rejects.toMatchObject({
        code: 'database_has_replicas',
        detail: expect.stringMatching(/chain.*chain-r1.*chain-r2/),
      });
      await succeeded(run, await request(run.installation, middle.id, 'unlink'));
      expect(await writable([source, middle, sibling!, lowest])).toEqual([middle.id, lowest.id]);
      for (const { id } of [source, sibling!, middle, lowest])
        await succeeded(run, await request(run.installation, id, 'deprovision'));
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );
});

describe('what is refused', () => {
  it(
    'before anything is done: two promotions at once, of a primary, an unlink without the handle, a replica of what goes',
    async () => {
      const [source, first, second] = await makeTree(run, 'refused', {}, 2);
      const [one, other] = await Promise.allSettled([first, second!].map(({ id }) => promote(run.installation, id)));
      const results = [one, other].filter((result) => result?.status === 'rejected');
      expect(results).toHaveLength(1);
      expect(results[0]).toMatchObject({
        reason: { code: expect.stringMatching(/operation_running|database_not_ready|database_busy/) },
      });
      for (const result of [one, other]) if (result?.status === 'fulfilled') await succeeded(run, result.value);
      const rows = await Promise.all([source, first, second!].map(({ id }) => databaseRow(run.installation, id)));
      const primary = rows.find(({ role }) => role === 'primary');
      const replica = rows.find(({ role }) => role === 'replica');
      await expect(promote(run.installation, primary?.id ?? '')).rejects.toMatchObject({ code: 'not_a_replica' });
      await expect(
        request(run.installation, replica?.id ?? '', { type: 'unlink', confirm: 'another' }),
      ).rejects.toMatchObject({
        code: 'confirmation_required',
      });
      const gone = await makeTree(run, 'going', {}, 0);
      const deprovision = await request(run.installation, gone[0].id, 'deprovision');
      await expect(replicate(run.installation, gone[0].id, 'too-late')).rejects.toMatchObject({
        code: expect.stringMatching(/database_not_ready|operation_running|database_busy/),
      });
      await succeeded(run, deprovision);
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );
});

describe('a replica keeps its mode', () => {
  it.each(['6.0', '7.0', '8.0'])(
    'of %s: append-only stays append-only over promotion and restart, memory-only writes no file',
    async (version) => {
      const name = version.replace('.', '-');
      const [[aofSource, aof], [, none]] = await Promise.all([
        makeTree(run, `aof-${name}`, { version, persistence: 'aof' }),
        makeTree(run, `none-${name}`, { version, persistence: 'none' }),
      ]);
      await tell(aofSource, 'SET', 'before', 'yes');
      await eventuallyHas(aof, 'before', 'yes');
      expect(await filesIn(none.container, serverPaths.data)).toEqual([]);
      await Promise.all([aof, none].map(promoteAndWait));
      await tell(aof, 'SET', 'after', 'yes');
      await docker('kill', aof.container);
      await docker('start', aof.container);
      await eventuallyHas(aof, 'before', 'yes');
      await eventuallyHas(aof, 'after', 'yes');
      expect(await tell(aof, 'CONFIG', 'GET', 'appendonly')).toEqual(['appendonly', 'yes']);
      expect(await filesIn(none.container, serverPaths.data)).toEqual([]);
      await eventuallyFollows(aofSource, aof);
      await promoteAndWait(aofSource);
      expect(await tryWrite(aofSource)).toBe('OK');
    },
    patience,
  );
});
