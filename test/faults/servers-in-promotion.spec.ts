import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { FaultPointName } from '#observability/fault-points.js';
import type { AppProcess } from '../support/app-process.js';
import { eventually } from '../support/eventually.js';
import { FaultRun } from '../support/fault-run.js';
import { stateOf } from '../support/host.js';
import { eventuallyFollows, makeTree, succeeded, writable, type Member } from '../support/replication-tree.js';
import { databaseRow, finished, promote, request } from '../support/requests.js';
import { WatchedMembers } from '../support/watched-members.js';

/** Where one of the two servers dies: before anything is moved, between the two, and when the replica takes writes already. */
const all: readonly FaultPointName[] = [
  'promote:fence-source:acted',
  'switch:paused',
  'switch:caught-up',
  'switch:demoted',
  'switch:promoted',
  'promote:switch:acted',
  'promote:record:begun',
  'promote:record:acted',
  'promote:persist:begun',
  'promote:repoint:begun',
];
const points = (...chosen: readonly FaultPointName[]): readonly FaultPointName[] =>
  process.env['HOLDFAST_TEST_FAULTS'] === 'all' ? all : chosen;

const perPoint = 180_000;
let run: FaultRun;
let counter = 0;
let stopped: AppProcess | null = null;
let watched: WatchedMembers | null = null;

beforeAll(async () => {
  // Longer than a process is stopped.
  run = await FaultRun.open({ HOLDFAST_LEASE_SECONDS: '5', HOLDFAST_DRIFT_SWEEP_SECONDS: '3600' });
  await run.installation.start('scheduler');
}, perPoint);
afterAll(() => run.close(), perPoint);
afterEach(async () => {
  await watched?.stop();
  stopped?.kill('SIGCONT');
  await stopped?.end();
  stopped = watched = null;
}, perPoint);

const isStopped = ({ pid }: AppProcess): Promise<void> =>
  eventually(async () => expect(await readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') T '), { withinMs: 60_000 });

/** A tree of two, clients that write to it, and a promotion that stands still at this point. */
const standingAt = async (point: FaultPointName, mode: string) => {
  const worker = await run.worker();
  const [primary, replica] = await makeTree(run, `tree-${++counter}`, { persistence: mode });
  await worker.end();
  const pids = { primary: (await stateOf(primary.container)).Pid, replica: (await stateOf(replica.container)).Pid };
  watched = await WatchedMembers.start([primary, replica], mode === 'aof');
  stopped = await run.victim('lifecycle-worker', `stop:${point}`);
  const operationId = await promote(run.installation, replica.id);
  await isStopped(stopped);
  return { primary, replica, pids, operationId };
};

/** Promoted or given back, and with every write that was answered. */
const endsWell = async (primary: Member, replica: Member, operationId: string): Promise<void> => {
  const { status } = await finished(run.installation, operationId, 120_000);
  const [from, to] = status === 'succeeded' ? [primary, replica] : [replica, primary];
  await eventually(async () => expect(await writable([primary, replica])).toEqual([to.id]), { withinMs: 30_000 });
  await watched?.expectSound(to, status === 'succeeded' ? 1 : 0);
  expect(await databaseRow(run.installation, to.id)).toMatchObject({ role: 'primary' });
  await eventuallyFollows(from, to);
  expect(await run.complaints()).toEqual([]);
  for (const { id } of [from, to]) await succeeded(run, await request(run.installation, id, 'deprovision'));
};

describe.each(['aof'])('a promotion with persistence %s ends well, and loses nothing, when', (mode) => {
  it.each(points('switch:demoted'))(
    'the primary dies at %s',
    async (point) => {
      const { primary, replica, pids, operationId } = await standingAt(point, mode);
      process.kill(pids.primary, 'SIGKILL');
      stopped?.kill('SIGCONT');
      await endsWell(primary, replica, operationId);
    },
    perPoint,
  );

  it.each(points('switch:promoted'))(
    'the replica dies at %s',
    async (point) => {
      const { primary, replica, pids, operationId } = await standingAt(point, mode);
      process.kill(pids.replica, 'SIGKILL');
      stopped?.kill('SIGCONT');
      await endsWell(primary, replica, operationId);
    },
    perPoint,
  );
});
