import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { faultPointNames, type FaultPointName } from '#observability/fault-points.js';
import type { AppProcess } from '../support/app-process.js';
import { typed } from '../support/by-hand.js';
import { FaultRun } from '../support/fault-run.js';
import { crash, docker, inspect } from '../support/host.js';
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
  type Member,
} from '../support/replication-tree.js';
import { finished, promote, request } from '../support/requests.js';

/** Of each sort of place one, for `npm test`; HOLDFAST_TEST_FAULTS=all runs through them all. */
const chosen: readonly FaultPointName[] = [
  'repair:create:acted',
  'repair:attach:acted',
  'repair:certificate:acted',
  'repair:gate:begun',
];
const points = process.env['HOLDFAST_TEST_FAULTS'] === 'all' ? faultPointNames : chosen;
const starting = (...steps: string[]): FaultPointName[] =>
  points.filter((point) => steps.some((step) => point.startsWith(`repair:${step}:`)));

const perPoint = 120_000;
let run: FaultRun;
let source: Member;
let replica: Member;
let fenced: Member | null = null;
const living: AppProcess[] = [];

/** None of a group may be chosen. */
const atEach = (group: readonly FaultPointName[], test: (point: FaultPointName) => Promise<void>): void => {
  if (group.length > 0) it.each(group)('%s', test, perPoint);
  else it.skip('all of them: HOLDFAST_TEST_FAULTS=all', () => undefined);
};

const worker = async (): Promise<void> => void living.push(await run.worker());
const endAll = async (): Promise<void> => void (await Promise.all(living.splice(0).map((process) => process.end())));

beforeAll(async () => {
  run = await FaultRun.open({ HOLDFAST_LEASE_SECONDS: '1', HOLDFAST_DRIFT_SWEEP_SECONDS: '3600' });
  await run.installation.start('scheduler');
  await worker();
  [source, replica] = await makeTree(run, 'standing');
  await tell(source, 'SET', 'kept', 'yes');
  await endAll();
}, perPoint);
afterAll(() => run.close(), perPoint);
afterEach(endAll, perPoint);
afterEach(() => run.endVictims());

const byManager = (member: Member, ...command: readonly string[]): Promise<string> =>
  typed(run.installation.control, member, 'manager', ...command);

/** The victim dies where it was told to, another worker goes on, and nothing is left to repair. */
const repaired = async (member: Member, point: FaultPointName): Promise<void> => {
  const victim = await run.victim('lifecycle-worker', point);
  const operationId = await request(run.installation, member.id, { type: 'repair' });
  expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
  await worker();
  expect(await finished(run.installation, operationId, perPoint)).toMatchObject({ status: 'succeeded', error: null });
  await run.expectSaneJournal(operationId);
};

const offItsNetwork = async (): Promise<unknown> => {
  const { NetworkSettings } = await inspect<{ NetworkSettings: { Networks: object } }>(replica.container);
  const [network = ''] = Object.keys(NetworkSettings.Networks);
  return docker('network', 'disconnect', network, replica.container);
};

/** As when what was recorded did not reach the server. */
const anotherCertificate = (): Promise<unknown> =>
  run.installation.control.db
    .updateTable('databases')
    .set({ certificate_not_after: new Date('2030-01-01') })
    .where('id', '=', replica.id)
    .execute();

const expectSound = async (): Promise<void> => {
  expect(await tryWrite(source)).toBe('OK');
  await eventuallyFollows(replica, source);
  for (const member of [source, replica]) await eventuallyHas(member, 'kept', 'yes');
  expect(await run.complaints()).toEqual([]);
};

/** All that a repair has whatever it repairs, and what brings a server up. */
const moments = ['woken', 'claimed', 'opened', 'finishing', 'ending', 'finished'].map((moment) => `repair:${moment}`);
const bringsUp = [
  ...points.filter((point) => moments.includes(point)),
  ...starting('look', 'prepare', 'create', 'persist', 'start', 'open-doors', 'await-answer', 'report'),
];

describe('a worker that dies leaves a server that was removed to another one that makes it anew', () => {
  atEach(bringsUp, async (point) => {
    await docker('rm', '--force', replica.container);
    await repaired(replica, point);
    await expectSound();
  });
});

describe('a worker that dies leaves what was changed by hand to another one that puts it right', () => {
  const changes: Readonly<Record<string, () => Promise<unknown>>> = {
    attach: offItsNetwork,
    certificate: anotherCertificate,
    'restart-policy': () => docker('update', '--restart', 'no', replica.container),
    keep: () => byManager(replica, 'CONFIG', 'SET', 'appendonly', 'no'),
    settings: () => byManager(replica, 'CONFIG', 'SET', 'maxmemory', '1mb'),
    users: () => byManager(replica, 'ACL', 'SETUSER', 'tenant', 'resetpass', '>x'),
    follow: () => byManager(replica, 'REPLICAOF', '127.0.0.1', '1'),
    'log-in': () =>
      typed(run.installation.control, replica, 'tenant', 'ACL', 'SETUSER', 'holdfast-manager', 'resetpass', '>x'),
  };
  atEach(starting(...Object.keys(changes)), async (point) => {
    await changes[point.split(':')[1] ?? '']?.();
    await repaired(replica, point);
    await expectSound();
  });
});

describe('a worker that dies leaves a primary that takes no writes to another one that opens it', () => {
  atEach(starting('gate'), async (point) => {
    // Who follows opens the gate as well, and may be back before anybody looks.
    await docker('pause', replica.container);
    await crash(source.container);
    await eventuallyWrites(source, 'NOREPLICAS');
    await docker('unpause', replica.container);
    await eventuallyFollows(replica, source);
    await repaired(source, point);
    await expectSound();
  });

  atEach(starting('lead'), async (point) => {
    // Nobody else of its tree may have what it lacks.
    const alone = await memberOf(run, await lonely());
    await byManager(alone, 'REPLICAOF', '127.0.0.1', '1');
    await repaired(alone, point);
    expect(await tryWrite(alone)).toBe('OK');
    expect(await run.complaints()).toEqual([]);
    await succeeded(run, await request(run.installation, alone.id, 'deprovision'));
  });
});

const lonely = async (): Promise<string> => {
  await worker();
  const id = await addReplica(run, source.id, 'lonely');
  await succeeded(run, await request(run.installation, id, 'unlink'));
  await endAll();
  return id;
};

describe('a worker that dies leaves a fenced server that takes writes to another one that stops that', () => {
  atEach(starting('fence'), async (point) => {
    fenced ??= await fencedServer();
    await byManager(fenced, 'REPLICAOF', 'NO', 'ONE');
    await repaired(fenced, point);
    expect(await tryWrite(fenced)).toBe('READONLY');
    expect(await run.complaints()).toEqual([]);
  });
});

/** As a failover leaves it, and started by hand. */
const fencedServer = async (): Promise<Member> => {
  await worker();
  const [former, next] = await makeTree(run, 'fenced');
  await docker('kill', former.container);
  await succeeded(run, await promote(run.installation, next.id, 'force'));
  await docker('start', former.container);
  await eventuallyWrites(former, 'READONLY');
  await endAll();
  return former;
};
