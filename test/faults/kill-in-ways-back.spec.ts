import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { databaseAddress } from '#domain/server/addresses.js';
import { containerName } from '#domain/server/names.js';
import { faultPointNames, type FaultPointName } from '#observability/fault-points.js';
import { findEnvironment } from '#persistence/environments.js';
import { incarnationsOf } from '#persistence/incarnations.js';
import type { AppProcess } from '../support/app-process.js';
import { FaultRun } from '../support/fault-run.js';
import { docker } from '../support/host.js';
import { memberOf, succeeded, tell, tryWrite, type Member } from '../support/replication-tree.js';
import { cancel, create, databaseRow, finished, request } from '../support/requests.js';
import { WatchedMembers } from '../support/watched-members.js';

/** Of each sort of place one, for `npm test`; HOLDFAST_TEST_FAULTS=all runs through them all. */
const chosen: readonly FaultPointName[] = [
  'go-back:create:acted',
  'back:silenced',
  'back:recorded',
  'back:led-over',
  'go-back:fence:begun',
  'go-back:give-back:acted',
];
const all = process.env['HOLDFAST_TEST_FAULTS'] === 'all';
const points = (all ? faultPointNames : chosen).filter((point) => /^(go-)?back:/.test(point));
const givingBack = points.filter((point) => point.startsWith('go-back:give-back:'));
const onTheWay = points.filter((point) => !givingBack.includes(point));

const perPoint = 400_000;
let run: FaultRun;
let counter = 0;
/** One that is to be used again; none after a failure. */
let ready: string | null = null;
const living: AppProcess[] = [];
const watches: WatchedMembers[] = [];

const worker = async (): Promise<void> => void living.push(await run.worker());
const endAll = async (): Promise<void> => {
  await Promise.all(watches.splice(0).map((watch) => watch.stop()));
  await Promise.all(living.splice(0).map((process) => process.end()));
};

beforeAll(async () => {
  run = await FaultRun.open({ HOLDFAST_LEASE_SECONDS: '3', HOLDFAST_UPGRADE_GRACE_SECONDS: '3600' });
  await run.installation.start('scheduler');
  await run.installation.start('backup-worker');
}, perPoint);
afterAll(() => run.close(), perPoint);
afterEach(endAll, perPoint);
afterEach(() => run.endVictims());

/** An upgraded one, whose two servers have a key of both and one of its own each. */
const upgraded = async (): Promise<string> => {
  await worker();
  const { databaseId, operationId } = await create(run.installation, `back-${++counter}`, {
    version: '7.0',
    persistence: 'aof',
  });
  await succeeded(run, operationId);
  const old = await memberOf(run, databaseId);
  await tell(old, 'MSET', 'before', 'yes', 'server', '7.0');
  await succeeded(run, await request(run.installation, databaseId, { type: 'upgrade', version: '8.0' }));
  await tell(await memberOf(run, databaseId), 'SET', 'server', '8.0');
  await endAll();
  return databaseId;
};

/** The server that the way back leads to. */
const keptOf = async (today: Member): Promise<Member & { readonly version: string }> => {
  const { control } = run.installation;
  const kept = (await incarnationsOf(control.db, today.id)).at(-1);
  const { environment_id: id } = await databaseRow(run.installation, today.id);
  const environment = await findEnvironment(control.db, { id });
  if (!kept || !environment) throw new Error('Nothing is kept');
  const host = databaseAddress(control.networkPool, environment.network_index, kept.address_index);
  const container = containerName(control.installation, today.id, kept.incarnation);
  return { ...today, container, address: { host, port: 6379 }, version: kept.version };
};

/** From one of its servers to the other, and the next time the other way round: each way is a way back. */
const both = async () => {
  const id = ready ?? (await upgraded());
  ready = null;
  const today = await memberOf(run, id);
  const kept = await keptOf(today);
  const watch = await WatchedMembers.start([today, kept], false);
  watches.push(watch);
  return { id, today, kept, watch };
};

const asked = async (id: string): Promise<string> => {
  const { handle: confirm } = await databaseRow(run.installation, id);
  return request(run.installation, id, { type: 'go-back', confirm });
};

const dead = { code: null, signal: 'SIGKILL' };

const expectBack = async ({ id, today, kept, watch }: Awaited<ReturnType<typeof both>>): Promise<void> => {
  await watch.expectSound(kept, 1);
  expect(await databaseRow(run.installation, id)).toMatchObject({ version: kept.version });
  expect(await run.throughDoors(id, 'MGET', 'before', 'server')).toEqual(Array(4).fill(['yes', kept.version]));
  expect(await tryWrite(kept)).toBe('OK');
  expect(await tryWrite(today)).toBe('silent');
  expect(await run.complaints()).toEqual([]);
  ready = id;
};

describe('a worker that dies on the way back leaves it to another one, and there are never two writers', () => {
  it.each(onTheWay)(
    '%s',
    async (point) => {
      const servers = await both();
      const victim = await run.victim('lifecycle-worker', point);
      const operationId = await asked(servers.id);
      expect(await victim.exited).toEqual(dead);
      await worker();
      expect(await finished(run.installation, operationId, perPoint)).toMatchObject({
        ...{ status: 'succeeded', error: null },
      });
      await expectBack(servers);
    },
    perPoint,
  );
});

describe('a worker that dies while it gives the place back to the server of today, because the kept one went away', () => {
  it.each(givingBack)(
    '%s',
    async (point) => {
      const servers = await both();
      const first = await run.victim('lifecycle-worker', 'back:silenced');
      const operationId = await asked(servers.id);
      expect(await first.exited).toEqual(dead);
      expect(await tryWrite(servers.today)).toBe('READONLY');
      await docker('rm', '--force', servers.kept.container);
      const victim = await run.victim('lifecycle-worker', point);
      expect(await victim.exited).toEqual(dead);
      await worker();
      await succeeded(run, operationId);
      await expectBack(servers);
    },
    perPoint,
  );
});

describe('a way back that is called off', () => {
  it(
    'leaves the server of today as it was, and the kept one kept',
    async () => {
      const { id, today, kept, watch } = await both();
      const victim = await run.victim('lifecycle-worker', 'go-back:prepare:acted');
      const operationId = await asked(id);
      expect(await victim.exited).toEqual(dead);
      await cancel(run.installation, operationId);
      await worker();
      expect(await finished(run.installation, operationId)).toMatchObject({ status: 'cancelled' });
      await watch.expectSound(today, 0);
      expect(await tryWrite(today)).toBe('OK');
      expect(await tryWrite(kept)).toBe('silent');
      expect(await run.complaints()).toEqual([]);
      await succeeded(run, await asked(id));
      expect(await tryWrite(await memberOf(run, id))).toBe('OK');
      expect(await databaseRow(run.installation, id)).toMatchObject({ version: kept.version });
    },
    perPoint,
  );
});
