import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { databaseAddress } from '#domain/server/addresses.js';
import { containerName } from '#domain/server/names.js';
import { faultPointNames, type FaultPointName } from '#observability/fault-points.js';
import { findEnvironment } from '#persistence/environments.js';
import { incarnationsOf } from '#persistence/incarnations.js';
import type { AppProcess } from '../support/app-process.js';
import { FaultRun } from '../support/fault-run.js';
import { crash, docker } from '../support/host.js';
import {
  addReplica,
  eventuallyHas,
  eventuallyWrites,
  memberOf,
  succeeded,
  tell,
  tryWrite,
  writable,
  type Member,
} from '../support/replication-tree.js';
import { create, databaseRow, finished, request } from '../support/requests.js';
import { WatchedMembers } from '../support/watched-members.js';

/** Of each sort of place one, for `npm test`; HOLDFAST_TEST_FAULTS=all runs through them all. */
const chosen: readonly FaultPointName[] = [
  'upgrade:try:begun',
  'upgrade:fence-source:acted',
  'upgrade:take-over:begun',
  'upgrade:record:acted',
  'replace:recorded',
  'upgrade:replica:acted',
  'discard:remove:acted',
];
const all = process.env['HOLDFAST_TEST_FAULTS'] === 'all';
const points = all ? faultPointNames : chosen;
const starting = (...prefixes: string[]): FaultPointName[] =>
  points.filter((point) => prefixes.some((prefix) => point.startsWith(prefix)));

const perPoint = 240_000;
let run: FaultRun;
let counter = 0;
const living: AppProcess[] = [];
const watches: WatchedMembers[] = [];

const atEach = (group: readonly FaultPointName[], test: (point: FaultPointName) => Promise<void>): void => {
  if (group.length > 0) it.each(group)('%s', test, perPoint);
  else it.skip('all of them: HOLDFAST_TEST_FAULTS=all', () => undefined);
};

const worker = async (): Promise<void> => void living.push(await run.worker());
const endAll = async (): Promise<void> => {
  await Promise.all(watches.splice(0).map((watch) => watch.stop()));
  await Promise.all(living.splice(0).map((process) => process.end()));
};

beforeAll(async () => {
  run = await FaultRun.open({ HOLDFAST_LEASE_SECONDS: '1', HOLDFAST_UPGRADE_GRACE_SECONDS: '3600' });
  await run.installation.start('scheduler');
  await run.installation.start('backup-worker');
}, perPoint);
afterAll(() => run.close(), perPoint);
afterEach(endAll, perPoint);
afterEach(() => run.endVictims());

/** One that is ready, with a key. */
const ready = async (version: string, more: Readonly<Record<string, unknown>> = {}): Promise<Member> => {
  await worker();
  const { databaseId, operationId } = await create(run.installation, `up-${++counter}`, { version, ...more });
  await succeeded(run, operationId);
  const member = await memberOf(run, databaseId);
  await tell(member, 'SET', 'before', 'yes');
  return member;
};

/** Where the next server of the environment will be, before there is one. */
const nextMember = async (member: Member): Promise<Member> => {
  const { control } = run.installation;
  const { environment_id: id } = await databaseRow(run.installation, member.id);
  const environment = await findEnvironment(control.db, { id });
  const free = await control.db
    .selectFrom('environment_addresses')
    .select('address_index')
    .where('environment_id', '=', id)
    .where('database_id', 'is', null)
    .orderBy('address_index')
    .executeTakeFirstOrThrow();
  const host = databaseAddress(control.networkPool, environment?.network_index ?? 0, free.address_index);
  return { ...member, address: { host, port: 6379 } };
};

const dies = async (victim: AppProcess): Promise<void> => {
  expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
  await worker();
};

const gone = async (...ids: string[]): Promise<void> => {
  for (const id of ids) await succeeded(run, await request(run.installation, id, 'deprovision'));
  expect(await run.complaints()).toEqual([]);
};

/** Servers of it that upgrades have left or keep. */
const othersOf = ({ id }: Member) => incarnationsOf(run.installation.control.db, id);

const elsewhere = ['replica', 'replace', 'give-back'].map((step) => `upgrade:${step}:`);
const ofSwap = starting('upgrade:', 'switch:', 'dry-start:').filter(
  (point) => !elsewhere.some((one) => point.startsWith(one)),
);

/** Nobody may take writes any more for the step that goes on from there. */
const deathsFor = (point: FaultPointName): readonly FaultPointName[] =>
  point.startsWith('upgrade:take-over:') ? ['switch:demoted', point] : [point];

/** The victims die one after the other where they were told to, and another worker goes on. */
const upgrading = async (id: string, deaths: readonly FaultPointName[]): Promise<string> => {
  let operationId: string | null = null;
  for (const death of deaths) {
    const victim = await run.victim('lifecycle-worker', death);
    operationId ??= await request(run.installation, id, { type: 'upgrade', version: '8.0' });
    expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
  }
  await worker();
  return operationId ?? '';
};

describe('a worker that dies leaves an upgrade by swap that another one completes, with every write', () => {
  atEach(ofSwap, async (point) => {
    const before = await ready('7.0');
    await endAll();
    const after = await nextMember(before);
    const watch = await WatchedMembers.start([before, after]);
    watches.push(watch);
    const operationId = await upgrading(before.id, deathsFor(point));
    expect(await finished(run.installation, operationId, perPoint)).toMatchObject({ status: 'succeeded', error: null });
    await watch.expectSound(after, 1);
    expect(await databaseRow(run.installation, before.id)).toMatchObject({ version: '8.0', incarnation: 2 });
    expect(await tell(after, 'GET', 'before')).toBe('yes');
    expect(await run.throughDoors(before.id, 'GET', 'before')).toEqual(['yes', 'yes', 'yes', 'yes']);
    expect(await tryWrite(before)).toBe('silent');
    expect(await run.complaints()).toEqual([]);
    await gone(before.id);
  });
});

describe('a worker that dies while it gives the role back to the old version, because the new server came back with less', () => {
  atEach(starting('upgrade:give-back:'), async (point) => {
    const before = await ready('7.0', { persistence: 'rdb' });
    await endAll();
    const after = await nextMember(before);
    const watch = await WatchedMembers.start([before, after], false);
    watches.push(watch);
    const first = await run.victim('lifecycle-worker', 'switch:demoted');
    const operationId = await request(run.installation, before.id, { type: 'upgrade', version: '8.0' });
    await first.exited;
    await crash(containerName(run.installation.control.installation, before.id, 2));
    await eventuallyWrites(after, 'READONLY');
    await dies(await run.victim('lifecycle-worker', point));
    const { status } = await finished(run.installation, operationId, perPoint);
    expect(status).toMatch(/succeeded|failed/);
    const [served, incarnation] = status === 'succeeded' ? [after, 2] : [before, 1];
    await watch.expectSound(served, incarnation - 1);
    expect(await databaseRow(run.installation, before.id)).toMatchObject({ incarnation });
    expect(await run.throughDoors(before.id, 'GET', 'before')).toEqual(['yes', 'yes', 'yes', 'yes']);
    expect(await tell(served, 'SET', 'after', 'yes')).toBe('OK');
    expect(await run.complaints()).toEqual([]);
    await gone(before.id);
  });
});

const inPlace = { type: 'upgrade', version: '8.0', method: 'in-place' } as const;
const openDoors: FaultPointName = 'replace:open-doors';
const ofReplacement = starting('replace:', 'upgrade:replace:').filter((point) => point !== openDoors);

describe('a worker that dies in a replacement on the same volume leaves one that another one completes', () => {
  atEach(ofReplacement, async (point) => {
    const member = await ready('7.0');
    await endAll();
    const victim = await run.victim('lifecycle-worker', point);
    const operationId = await request(run.installation, member.id, inPlace);
    await dies(victim);
    expect(await finished(run.installation, operationId, perPoint)).toMatchObject({ status: 'succeeded', error: null });
    expect(await databaseRow(run.installation, member.id)).toMatchObject({ version: '8.0', incarnation: 1 });
    await eventuallyHas(member, 'before', 'yes');
    await gone(member.id);
  });
});

describe('a worker that dies while it upgrades replicas leaves a tree that another one completes', () => {
  atEach(starting('upgrade:replica:'), async (point) => {
    const source = await ready('7.0');
    const replica = await memberOf(run, await addReplica(run, source.id, `up-replica-${counter}`));
    await endAll();
    const victim = await run.victim('lifecycle-worker', point);
    const operationId = await request(run.installation, source.id, { type: 'upgrade', version: '8.0' });
    await dies(victim);
    await succeeded(run, operationId);
    const after = await memberOf(run, source.id);
    await tell(after, 'SET', 'after', 'yes');
    await eventuallyHas(replica, 'after', 'yes');
    expect(await writable([after, replica])).toEqual([source.id]);
    expect(await databaseRow(run.installation, replica.id)).toMatchObject({ version: '8.0' });
    expect(await run.complaints()).toEqual([]);
    await gone(replica.id, source.id);
  });
});

/** A server that was started has its doors: only another attempt opens them by themselves, for a replica that does not follow yet. */
describe('a worker that dies over a replica that has no link yet leaves a tree that another one completes', () => {
  atEach(starting(openDoors), async (point) => {
    const source = await ready('7.0');
    const replica = await memberOf(run, await addReplica(run, source.id, `up-replica-${counter}`));
    await endAll();
    const early = await run.victim('lifecycle-worker', 'replace:create');
    const operationId = await request(run.installation, source.id, inPlace);
    await early.exited;
    await docker('pause', source.container);
    await (
      await run.victim('lifecycle-worker', 'replace:start')
    ).exited;
    const victim = await run.victim('lifecycle-worker', point);
    await victim.exited;
    await docker('unpause', source.container);
    await dies(victim);
    await succeeded(run, operationId);
    await tell(source, 'SET', 'after', 'yes');
    await eventuallyHas(replica, 'after', 'yes');
    expect(await run.complaints()).toEqual([]);
    await gone(replica.id, source.id);
  });
});

describe('a worker that dies while it removes a kept server leaves nothing of it', () => {
  atEach(starting('discard:'), async (point) => {
    const member = await ready('7.0');
    await succeeded(run, await request(run.installation, member.id, { type: 'upgrade', version: '8.0' }));
    await endAll();
    const { handle } = await databaseRow(run.installation, member.id);
    const victim = await run.victim('lifecycle-worker', point);
    const operationId = await request(run.installation, member.id, { type: 'discard', confirm: handle });
    await dies(victim);
    await succeeded(run, operationId);
    expect(await run.complaints()).toEqual([]);
    expect(await othersOf(member)).toEqual([]);
    await gone(member.id);
  });
});

describe('a worker that dies while it removes a database leaves nothing of the server that was kept', () => {
  atEach(starting('deprovision:remove-others:'), async (point) => {
    const member = await ready('7.0');
    await succeeded(run, await request(run.installation, member.id, { type: 'upgrade', version: '8.0' }));
    expect(await othersOf(member)).toHaveLength(1);
    await endAll();
    const victim = await run.victim('lifecycle-worker', point);
    const operationId = await request(run.installation, member.id, 'deprovision');
    await dies(victim);
    await succeeded(run, operationId);
    expect(await othersOf(member)).toEqual([]);
    expect(await run.complaints()).toEqual([]);
  });
});
