import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { faultPointNames, type FaultPointName } from '#observability/fault-points.js';
import type { OperationRow } from '#persistence/tables.js';
import type { AppProcess } from '../support/app-process.js';
import { FaultRun } from '../support/fault-run.js';
import { crash, docker } from '../support/host.js';
import { leaveContainer } from '../support/left-container.js';
import {
  addReplica,
  eventuallyFollows,
  eventuallyHas,
  eventuallyWrites,
  makeTree,
  memberOf,
  succeeded,
  tell,
  writable,
  type Member,
} from '../support/replication-tree.js';
import { databaseRow, finished, promote, replicate, request } from '../support/requests.js';
import { WatchedMembers } from '../support/watched-members.js';

/** Of each sort of place one, for `npm test`; HOLDFAST_TEST_FAULTS=all runs through them all. */
const chosen: readonly FaultPointName[] = [
  'replicate:admit:acted',
  'switch:caught-up',
  'switch:demoted',
  'switch:promoted',
  'promote:record:begun',
  'promote:fence-source:acted',
  'unlink:record:acted',
];
const all = process.env['HOLDFAST_TEST_FAULTS'] === 'all';
const points = all ? faultPointNames : chosen;
const starting = (...prefixes: string[]): FaultPointName[] =>
  points.filter((point) => prefixes.some((prefix) => point.startsWith(prefix)));

const perPoint = 120_000;
let run: FaultRun;
let pair: readonly [primary: Member, replica: Member];
let counter = 0;
const living: AppProcess[] = [];
const watches: WatchedMembers[] = [];

/** None of a group may be chosen. */
const atEach = (group: readonly FaultPointName[], test: (point: FaultPointName) => Promise<void>): void => {
  if (group.length > 0) it.each(group)('%s', test, perPoint);
  else it.skip('all of them: HOLDFAST_TEST_FAULTS=all', () => undefined);
};

const worker = async (): Promise<void> => void living.push(await run.worker());
const endAll = async (): Promise<void> => {
  await Promise.all(watches.splice(0).map((watch) => watch.stop()));
  await Promise.all(living.splice(0).map((process) => process.end()));
};
const watch = async (members: readonly Member[], withClients = true): Promise<WatchedMembers> => {
  const started = await WatchedMembers.start(members, withClients);
  watches.push(started);
  return started;
};

beforeAll(async () => {
  run = await FaultRun.open({ HOLDFAST_LEASE_SECONDS: '1', HOLDFAST_DRIFT_SWEEP_SECONDS: '3600' });
  await run.installation.start('scheduler');
  await worker();
  const [primary, replica] = await makeTree(run, 'standing');
  pair = [primary, replica];
  await endAll();
}, perPoint);
afterAll(() => run.close(), perPoint);
afterEach(endAll, perPoint);
afterEach(() => run.endVictims());

/** The victim dies where it was told to, another worker goes on, and the operation ends. */
const outlives = async (victim: AppProcess, operationId: string): Promise<OperationRow> => {
  expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
  await worker();
  return finished(run.installation, operationId, perPoint);
};

const expectSound = async (): Promise<void> => expect(await run.complaints()).toEqual([]);

const special = ['take-over', 'give-back', 'fence'].map((step) => `promote:${step}:`);
const ordinary = starting('promote:', 'switch:').filter((point) => !special.some((one) => point.startsWith(one)));

describe('a worker that dies leaves a strict promotion that another one completes, with every write', () => {
  atEach(ordinary, async (point) => {
    const [primary, replica] = pair;
    const watched = await watch(pair);
    const victim = await run.victim('lifecycle-worker', point);
    const operationId = await promote(run.installation, replica.id);
    expect(await outlives(victim, operationId)).toMatchObject({ status: 'succeeded', error: null });
    await watched.expectSound(replica, 1);
    expect(await databaseRow(run.installation, primary.id)).toMatchObject({ role: 'replica', source_id: replica.id });
    await eventuallyFollows(primary, replica);
    pair = [replica, primary];
    await expectSound();
  });
});

describe('a worker that dies leaves a forced promotion that another one completes', () => {
  atEach(starting('promote:fence:', 'promote:take-over:'), async (point) => {
    await worker();
    const [source, replica] = await makeTree(run, `gone-${++counter}`);
    await tell(source, 'SET', 'kept', 'yes');
    await eventuallyHas(replica, 'kept', 'yes');
    await endAll();
    await docker('kill', source.container);
    const watched = await watch([source, replica], false);
    const victim = await run.victim('lifecycle-worker', point);
    const operationId = await promote(run.installation, replica.id, 'force');
    expect(await outlives(victim, operationId)).toMatchObject({ status: 'succeeded', receipt: { method: 'failover' } });
    await docker('start', source.container);
    await eventuallyWrites(source, 'READONLY');
    await watched.expectSound(replica, 1);
    expect(await writable([source, replica])).toEqual([replica.id]);
    await expectSound();
    for (const { id } of [source, replica]) await succeeded(run, await request(run.installation, id, 'deprovision'));
  });
});

describe('a worker that dies gives the role back, when the replica has lost what it was to be promoted for', () => {
  atEach(starting('promote:give-back:'), async (point) => {
    await worker();
    const [source, replica] = await makeTree(run, `back-${++counter}`, { persistence: 'rdb' });
    await tell(source, 'SET', 'kept', 'yes');
    await eventuallyHas(replica, 'kept', 'yes');
    await endAll();
    const watched = await watch([source, replica], false);
    const first = await run.victim('lifecycle-worker', 'switch:demoted');
    const operationId = await promote(run.installation, replica.id);
    await first.exited;
    await crash(replica.container);
    await eventuallyWrites(replica, 'READONLY');
    const victim = await run.victim('lifecycle-worker', point);
    expect(await outlives(victim, operationId)).toMatchObject({
      status: expect.stringMatching(/succeeded|failed/),
    });
    const [now] = await writable([source, replica]);
    const holder = now === source.id ? source : replica;
    await watched.expectSound(holder, holder === source ? 0 : 1);
    await eventuallyHas(source, 'kept', 'yes');
    await eventuallyHas(replica, 'kept', 'yes');
    await expectSound();
    for (const { id } of [holder === source ? replica : source, holder])
      await succeeded(run, await request(run.installation, id, 'deprovision'));
  });
});

const copies = starting('replicate:').filter((point) => !point.startsWith('replicate:remove:'));

describe('a worker that dies leaves a replica that another one completes', () => {
  atEach(copies, async (point) => {
    const [primary] = pair;
    await tell(primary, 'SET', 'before', point);
    // A server that was started has its doors: only another attempt opens them by themselves.
    const first = point.includes(':open-doors:') ? await run.victim('lifecycle-worker', 'replicate:start:acted') : null;
    const early = first ?? (await run.victim('lifecycle-worker', point));
    const { databaseId, operationId } = await replicate(run.installation, primary.id, `copy-${++counter}`);
    await early.exited;
    const victim = first ? await run.victim('lifecycle-worker', point) : early;
    expect(await outlives(victim, operationId)).toMatchObject({ status: 'succeeded' });
    const copy = await memberOf(run, databaseId);
    await eventuallyHas(copy, 'before', point);
    expect(await writable([primary, copy])).toEqual([primary.id]);
    await expectSound();
    await succeeded(run, await request(run.installation, databaseId, 'deprovision'));
    await expectSound();
  });
});

describe('a worker that dies leaves a replica that another one completes over the container of an operation that failed', () => {
  atEach(starting('replicate:remove:'), async (point) => {
    const [primary] = pair;
    await tell(primary, 'SET', 'before', point);
    const { databaseId, operationId } = await replicate(run.installation, primary.id, `over-${++counter}`);
    await leaveContainer(run.installation, databaseId);
    const victim = await run.victim('lifecycle-worker', point);
    expect(await outlives(victim, operationId)).toMatchObject({ status: 'succeeded' });
    await eventuallyHas(await memberOf(run, databaseId), 'before', point);
    await expectSound();
    await succeeded(run, await request(run.installation, databaseId, 'deprovision'));
  });
});

describe('a worker that dies leaves the deprovision of a replica that another one completes, and its source lets nobody in for it', () => {
  atEach(starting('deprovision:tidy:'), async (point) => {
    await worker();
    const [primary] = pair;
    const copy = await addReplica(run, primary.id, `going-${++counter}`);
    await endAll();
    const victim = await run.victim('lifecycle-worker', point);
    const operationId = await request(run.installation, copy, 'deprovision');
    expect(await outlives(victim, operationId)).toMatchObject({ status: 'succeeded' });
    await expectSound();
  });
});

describe('a worker that dies leaves an unlink that another one completes', () => {
  atEach(starting('unlink:'), async (point) => {
    await worker();
    const [primary] = pair;
    const copy = await memberOf(run, await addReplica(run, primary.id, `own-${++counter}`));
    await tell(primary, 'SET', 'before', point);
    await eventuallyHas(copy, 'before', point);
    await endAll();
    const victim = await run.victim('lifecycle-worker', point);
    const operationId = await request(run.installation, copy.id, 'unlink');
    expect(await outlives(victim, operationId)).toMatchObject({ status: 'succeeded' });
    expect(await writable([primary, copy])).toEqual([primary.id, copy.id]);
    expect(await tell(copy, 'GET', 'before')).toBe(point);
    await expectSound();
    await succeeded(run, await request(run.installation, copy.id, 'deprovision'));
  });
});
