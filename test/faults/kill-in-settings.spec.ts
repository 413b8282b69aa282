import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { OperationRequest } from '#contracts/operation-requests.js';
import { memoryLimitBytes } from '#domain/database/size.js';
import { containerName } from '#domain/server/names.js';
import { faultPointNames, type FaultPointName } from '#observability/fault-points.js';
import { doorsOf } from '#persistence/doors.js';
import type { OperationRow } from '#persistence/tables.js';
import type { AppProcess } from '../support/app-process.js';
import { eventually } from '../support/eventually.js';
import { FaultRun } from '../support/fault-run.js';
import { crash, namedLike } from '../support/host.js';
import { create, databaseRow, finished, request } from '../support/requests.js';

/** Of each sort of place one, for `npm test`; HOLDFAST_TEST_FAULTS=all runs through them all. */
const chosen: readonly FaultPointName[] = [
  'configure:tidy:begun',
  'configure:apply:acted',
  'mode:data-kept',
  'mode:let-go',
  'configure:take-doors:acted',
  'configure:ending',
  'resize:apply:acted',
];
const points = process.env['HOLDFAST_TEST_FAULTS'] === 'all' ? faultPointNames : chosen;
const starting = (...prefixes: string[]): FaultPointName[] =>
  points.filter((point) => prefixes.some((prefix) => point.startsWith(prefix)));

const perPoint = 120_000;
let run: FaultRun;
let counter = 0;
let former: string | null = null;
const living: AppProcess[] = [];

/** None of a group may be chosen. */
const atEach = (group: readonly FaultPointName[], test: (point: FaultPointName) => Promise<void>): void => {
  if (group.length > 0) it.each(group)('%s', test, perPoint);
  else it.skip('all of them: HOLDFAST_TEST_FAULTS=all', () => undefined);
};

const worker = async (): Promise<void> => void living.push(await run.worker());
const endAll = (): Promise<unknown> => Promise.all(living.splice(0).map((process) => process.end()));

beforeAll(async () => {
  run = await FaultRun.open({ HOLDFAST_LEASE_SECONDS: '1' });
  await run.installation.start('scheduler');
}, perPoint);
afterAll(() => run.close(), perPoint);
afterEach(endAll, perPoint);
afterEach(() => run.endVictims());

/** Another one in place of that of the test before: the ports do not last for all of them. */
const provisioned = async (more: Readonly<Record<string, unknown>> = {}): Promise<string> => {
  await worker();
  if (former !== null) await finished(run.installation, await request(run.installation, former, 'deprovision'));
  const { databaseId, operationId } = await create(run.installation, `db-${String(++counter)}`, more);
  former = databaseId;
  await finished(run.installation, operationId);
  await run.throughDoor(databaseId, 'SET', 'kept', 'yes');
  await endAll();
  return databaseId;
};

/** A throw-away server must be left for the step that clears it away. */
const deathsFor = (point: FaultPointName): readonly FaultPointName[] =>
  point.startsWith('configure:tidy:') ? ['dry-start:made', point] : [point];

/** The victims die one after the other where they were told to, another worker goes on, and the operation ends. */
const changed = async (point: FaultPointName, id: string, wish: OperationRequest): Promise<OperationRow> => {
  let operationId: string | null = null;
  for (const death of deathsFor(point)) {
    const victim = await run.victim('lifecycle-worker', death);
    operationId ??= await request(run.installation, id, wish);
    expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
  }
  await worker();
  const operation = await finished(run.installation, operationId ?? '', perPoint);
  expect(operation).toMatchObject({ status: 'succeeded', error: null });
  await run.expectSaneJournal(operation.id);
  return operation;
};

const containerOf = (id: string): string => containerName(run.installation.control.installation, id);

const expectSound = async (id: string): Promise<void> => {
  expect(await run.complaints()).toEqual([]);
  expect(await namedLike(`${run.installation.name}-try`)).toEqual([]);
  const doors = await doorsOf(run.installation.control.db, [id]);
  expect(await run.throughDoors(id, 'PING')).toEqual(doors.map(() => 'PONG'));
  expect(await run.throughDoor(id, 'GET', 'kept')).toBe('yes');
};

const surviving = async (id: string): Promise<void> => {
  await crash(containerOf(id));
  await eventually(async () => expect(await run.throughDoor(id, 'GET', 'kept')).toBe('yes'), { withinMs: 30_000 });
};

const settingOf = async (id: string, name: string): Promise<unknown> =>
  ((await run.throughDoor(id, 'CONFIG', 'GET', name)) as string[])[1];

/** Steps that only other changes have. */
const special = ['keep', 'let-go', 'take-doors', 'open-doors', 'close-doors', 'start', 'await-ready'];
const ordinary = starting('configure:', 'dry-start:', 'databases:').filter(
  (point) => !special.some((step) => point.startsWith(`configure:${step}:`)),
);

describe('a worker that dies leaves settings that another one completes', () => {
  atEach(ordinary, async (point) => {
    const id = await provisioned();
    await changed(point, id, { type: 'configure', settings: { timeout: 99, databases: 20 } });
    expect(await settingOf(id, 'timeout')).toBe('99');
    expect(await settingOf(id, 'databases')).toBe('20');
    expect((await databaseRow(run.installation, id)).settings).toEqual({ timeout: '99', databases: '20' });
    await expectSound(id);
    await surviving(id);
    expect(await settingOf(id, 'timeout')).toBe('99');
  });
});

describe('a worker that dies in a restart for settings leaves one that another one completes', () => {
  atEach(starting('configure:start:', 'configure:await-ready:'), async (point) => {
    const id = await provisioned();
    await changed(point, id, { type: 'configure', settings: { databases: 20 } });
    expect(await settingOf(id, 'databases')).toBe('20');
    await expectSound(id);
  });
});

describe('a worker that dies leaves a change of mode that another one completes, and the data', () => {
  atEach(starting('mode:', 'configure:keep:', 'configure:let-go:'), async (point) => {
    const id = await provisioned({ version: '7.0', persistence: 'aof' });
    await changed(point, id, { type: 'configure', persistence: 'rdb' });
    expect(await databaseRow(run.installation, id)).toMatchObject({ persistence: 'rdb' });
    await expectSound(id);
    await surviving(id);
    if (!point.includes('let-go')) {
      await endAll();
      await changed(point, id, { type: 'configure', persistence: 'aof' });
      await surviving(id);
    }
  });
});

describe('a worker that dies leaves plain doors that another one opens or closes', () => {
  atEach(starting('configure:take-doors:', 'configure:open-doors:'), async (point) => {
    const id = await provisioned({ tlsOnly: true });
    await changed(point, id, { type: 'configure', tlsOnly: false });
    expect(await doorsOf(run.installation.control.db, [id])).toHaveLength(4);
    await expectSound(id);
  });

  atEach(starting('configure:close-doors:'), async (point) => {
    const id = await provisioned();
    await changed(point, id, { type: 'configure', tlsOnly: true });
    expect(await doorsOf(run.installation.control.db, [id])).toHaveLength(2);
    await expectSound(id);
  });
});

describe('a worker that dies leaves a size that another one completes', () => {
  const grows = starting('resize:').filter((point) => !point.startsWith('resize:settle:'));
  atEach(grows, async (point) => {
    const id = await provisioned();
    await changed(point, id, { type: 'resize', memoryMb: 128 });
    await expectSize(id, 128);
  });

  atEach(starting('resize:settle:', 'resize:limit:', 'resize:apply:'), async (point) => {
    const id = await provisioned({ memoryMb: 128 });
    await changed(point, id, { type: 'resize', memoryMb: 64 });
    await expectSize(id, 64);
  });
});

const expectSize = async (id: string, memoryMb: number): Promise<void> => {
  const { engine, control } = run.installation;
  const owner = { installation: control.installation, subject: id };
  const container = await engine.inspectContainer(containerOf(id), owner, AbortSignal.timeout(10_000));
  expect(container?.memoryLimitBytes).toBe(memoryLimitBytes(memoryMb));
  expect(await databaseRow(run.installation, id)).toMatchObject({ memory_mb: memoryMb });
  await expectSound(id);
};
