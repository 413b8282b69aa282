import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { AppProcess } from '../support/app-process.js';
import { eventually } from '../support/eventually.js';
import { FaultRun } from '../support/fault-run.js';
import { crash, stateOf } from '../support/host.js';
import { memberOf, tell, type Member } from '../support/replication-tree.js';
import { create, databaseRow, finished, request } from '../support/requests.js';

/** Servers that do not come up with what the throw-away server took: that one has no data. */

const patience = 180_000;
let run: FaultRun;
const living: AppProcess[] = [];

beforeAll(async () => {
  // Longer than a process is stopped.
  run = await FaultRun.open({ HOLDFAST_LEASE_SECONDS: '20', HOLDFAST_DRIFT_SWEEP_SECONDS: '3600' });
  await run.installation.start('scheduler');
}, patience);
afterAll(() => run.close(), patience);
afterEach(async () => {
  for (const process of living) process.kill('SIGCONT');
  await Promise.all(living.splice(0).map((process) => process.end()));
}, patience);

const isStopped = ({ pid }: AppProcess): Promise<void> =>
  eventually(async () => expect(await readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') T '), { withinMs: 60_000 });

const provisioned = async (): Promise<Member> => {
  const worker = await run.worker();
  // It saves when it is stopped, and does not start with data of a logical database that it does not have.
  const { databaseId, operationId } = await create(run.installation, 'revived', { persistence: 'rdb' });
  expect(await finished(run.installation, operationId)).toMatchObject({ status: 'succeeded' });
  await worker.end();
  return memberOf(run, databaseId);
};

const databasesOf = async (member: Member): Promise<unknown> =>
  ((await tell(member, 'CONFIG', 'GET', 'databases')) as string[])[1];

const copied = (member: Member, database: number): Promise<unknown> =>
  tell(member, 'COPY', 'kept', `kept-in-${String(database)}`, 'DB', String(database));

it(
  'a server that does not come up with its new settings gets the old ones back, with all that it held',
  async () => {
    const member = await provisioned();
    await tell(member, 'SET', 'kept', 'yes');
    const worker = await run.victim('lifecycle-worker', 'stop:databases:forgotten');
    living.push(worker);
    const operationId = await request(run.installation, member.id, {
      ...{ type: 'configure', settings: { databases: 8, timeout: 77 } },
    });
    await isStopped(worker);
    // After the last look at what the server holds.
    expect(await copied(member, 10)).toBe(1);
    const { Pid: before } = await stateOf(member.container);
    worker.kill('SIGCONT');
    expect(await finished(run.installation, operationId, patience)).toMatchObject({
      status: 'failed',
      error: { code: 'setting_refused', leftBehind: [] },
    });
    expect((await stateOf(member.container)).Pid).not.toBe(before);
    await expectAsBefore(member);
    await crash(member.container);
    await eventually(() => expectAsBefore(member), { withinMs: 30_000 });
  },
  patience,
);

const expectAsBefore = async (member: Member): Promise<void> => {
  expect(await databasesOf(member)).toBe('16');
  expect(await tell(member, 'GET', 'kept')).toBe('yes');
  // There is one there already.
  expect(await copied(member, 10)).toBe(0);
  expect(await tell(member, 'SET', 'after', 'yes')).toBe('OK');
  expect(await databaseRow(run.installation, member.id)).toMatchObject({ settings: {}, health: 'healthy' });
  expect(await run.throughDoors(member.id, 'GET', 'kept')).toEqual(Array(4).fill('yes'));
  expect(await run.complaints()).toEqual([]);
};
