import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { faultPointNames, type FaultPointName } from '#observability/fault-points.js';
import type { OperationRow } from '#persistence/tables.js';
import type { AppProcess } from '../support/app-process.js';
import { eventually } from '../support/eventually.js';
import { FaultRun } from '../support/fault-run.js';
import { leaveContainer } from '../support/left-container.js';
import { cancel, create, createHeld, databaseRow, finished, release, request } from '../support/requests.js';

/** Of each sort of place one, for `npm test`; HOLDFAST_TEST_FAULTS=all runs through them all. */
const chosen: readonly FaultPointName[] = [
  'provision:claimed',
  'create:container-made',
  'edge:doors-written',
  'provision:ending',
  'restart:stop:acted',
  'reload:remove:acted',
  'deprovision:remove:acted',
  'compensation:container-removed',
  'relay:sent',
];
const points = process.env['HOLDFAST_TEST_FAULTS'] === 'all' ? faultPointNames : chosen;
const starting = (...prefixes: string[]): FaultPointName[] =>
  points.filter((point) => prefixes.some((prefix) => point.startsWith(prefix)));

const perPoint = 60_000;

let run: FaultRun;
let scheduler: AppProcess;
let standing: string;
let counter = 0;
const living: AppProcess[] = [];

/** None of a group may be chosen. */
const atEach = (group: readonly FaultPointName[], test: (point: FaultPointName) => Promise<void>): void => {
  if (group.length > 0) it.each(group)('%s', test, perPoint);
  else it.skip('all of them: HOLDFAST_TEST_FAULTS=all', () => undefined);
};

const newHandle = (): string => `db-${++counter}`;
const started = async (process: Promise<AppProcess>): Promise<AppProcess> => {
  living.push(await process);
  return process;
};
const worker = (): Promise<AppProcess> => started(run.worker());

beforeAll(async () => {
  run = await FaultRun.open({ HOLDFAST_LEASE_SECONDS: '1' });
  scheduler = await run.installation.start('scheduler');
  await worker();
  const { databaseId, operationId } = await create(run.installation, 'standing');
  await finished(run.installation, operationId);
  standing = databaseId;
  await Promise.all(living.splice(0).map((process) => process.end()));
}, perPoint);
afterAll(() => run.close(), perPoint);
afterEach(() => Promise.all(living.splice(0).map((process) => process.end())), perPoint);
afterEach(() => run.endVictims());

/** The victim dies where it was told to, another worker goes on, and the operation ends. */
const outlives = async (victim: AppProcess, operationId: string): Promise<OperationRow> => {
  expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
  await worker();
  return finished(run.installation, operationId);
};

/** Asks for something while a worker waits that dies at the point. Doors of a server that was started just now are open: an attempt opens them by themselves after one that died there. */
const victimOf = async <Asked>(point: FaultPointName, ask: () => Promise<Asked>): Promise<[AppProcess, Asked]> => {
  const [kind, step] = point.split(':');
  const first =
    step === 'open-doors' ? await run.victim('lifecycle-worker', `${kind}:start:acted` as FaultPointName) : null;
  const early = first ?? (await run.victim('lifecycle-worker', point));
  const asked = await ask();
  await early.exited;
  return [first ? await run.victim('lifecycle-worker', point) : early, asked];
};

const pongs = ['PONG', 'PONG', 'PONG', 'PONG'];

const expectProvisioned = async (databaseId: string): Promise<void> => {
  expect((await databaseRow(run.installation, databaseId)).status).toBe('provisioned');
  expect(await run.throughDoors(databaseId, 'PING')).toEqual(pongs);
  expect(await run.complaints()).toEqual([]);
};

const ordinaryProvision = starting('provision:', 'create:', 'edge:').filter(
  (point) => !point.startsWith('provision:remove:'),
);

describe('a worker that dies leaves a provision that another one completes', () => {
  atEach(ordinaryProvision, async (point) => {
    const [victim, { databaseId, operationId }] = await victimOf(point, () => create(run.installation, newHandle()));
    expect((await outlives(victim, operationId)).status).toBe('succeeded');
    await run.expectSaneJournal(operationId);
    await expectProvisioned(databaseId);
  });
});

describe('a worker that dies leaves a provision that another one completes over the container of an operation that failed', () => {
  atEach(starting('provision:remove:'), async (point) => {
    const { databaseId, operationId } = await createHeld(run.installation, newHandle());
    await leaveContainer(run.installation, databaseId);
    const victim = await run.victim('lifecycle-worker', point);
    await release(run.installation, operationId);
    expect((await outlives(victim, operationId)).status).toBe('succeeded');
    await run.expectSaneJournal(operationId);
    await expectProvisioned(databaseId);
  });
});

describe('a worker that dies leaves an operation that another one completes, and the data', () => {
  atEach(starting('restart:', 'reload:'), async (point) => {
    const kind = point.startsWith('restart:') ? 'restart' : 'reload';
    await run.throughDoors(standing, 'SET', 'kept', point);
    const [victim, operationId] = await victimOf(point, () => request(run.installation, standing, kind));
    expect((await outlives(victim, operationId)).status).toBe('succeeded');
    await run.expectSaneJournal(operationId);
    await expectProvisioned(standing);
    expect(await run.throughDoors(standing, 'GET', 'kept')).toEqual(Array(4).fill(point));
  });
});

/** A final backup is among the backups, a server that was kept among the upgrades, a replica in the replication. */
const elsewhere = ['final-backup', 'remove-others', 'tidy'].map((step) => `deprovision:${step}:`);
const ordinaryDeprovision = starting('deprovision:').filter((point) => !elsewhere.some((one) => point.startsWith(one)));

describe('a worker that dies leaves a deprovision that another one completes, and nothing of the database', () => {
  atEach(ordinaryDeprovision, async (point) => {
    const victim = await run.victim('lifecycle-worker', point);
    const { databaseId, operationId } = await create(run.installation, newHandle());
    await finished(run.installation, operationId);
    const deprovision = await request(run.installation, databaseId, 'deprovision');
    expect((await outlives(victim, deprovision)).status).toBe('succeeded');
    await run.expectSaneJournal(deprovision);
    expect((await databaseRow(run.installation, databaseId)).status).toBe('deprovisioned');
    expect(await run.complaints()).toEqual([]);
  });
});

describe('a worker that dies leaves a cancelled provision that another one rolls back', () => {
  atEach(starting('compensation:'), async (point) => {
    const victim = await run.victim('lifecycle-worker', point);
    const handle = newHandle();
    const { databaseId, operationId } = await createHeld(run.installation, handle);
    await spoilImage(databaseId);
    await release(run.installation, operationId);
    await eventually(() => expectStatus(operationId, 'waiting'), { withinMs: 20_000 });
    await cancel(run.installation, operationId);
    expect(await outlives(victim, operationId)).toMatchObject({ status: 'cancelled', receipt: { leftBehind: [] } });
    expect((await databaseRow(run.installation, databaseId)).status).toBe('deprovisioned');
    expect(await run.complaints()).toEqual([]);
  });
});

/** Its container is made and never starts: the operation is tried again and again until it is cancelled. */
const spoilImage = async (databaseId: string): Promise<void> => {
  const image = run.installation.environment['HOLDFAST_EDGE_IMAGE'] ?? '';
  await run.installation.control.db.updateTable('databases').set({ image }).where('id', '=', databaseId).execute();
};

const expectStatus = async (operationId: string, status: OperationRow['status']): Promise<void> => {
  const { rows } = await sql<OperationRow>`SELECT * FROM operations WHERE id = ${operationId}`.execute(
    run.installation.control.db,
  );
  expect(rows[0]?.status).toBe(status);
};

describe('a scheduler that dies leaves wake-ups that another one sends', () => {
  atEach(starting('relay:', 'rescue:'), async (point) => {
    await scheduler.end();
    const victim = await run.victim('scheduler', point);
    const lost = point.startsWith('rescue:') ? await run.victim('lifecycle-worker', 'provision:start:acted') : null;
    if (!lost) await worker();
    const { databaseId, operationId } = await create(run.installation, newHandle());
    if (lost) await lost.exited;
    expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
    scheduler = await run.installation.start('scheduler');
    if (lost) await worker();
    expect((await finished(run.installation, operationId)).status).toBe('succeeded');
    await expectProvisioned(databaseId);
  });
});
