import { X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { faultPointNames, type FaultPointName } from '#observability/fault-points.js';
import { openPasswords } from '#operations/server/material.js';
import { requestRename } from '#operations/requests/request-rename.js';
import { findDatabase } from '#persistence/databases.js';
import { findOperationSecret } from '#persistence/operation-secrets.js';
import { ownCertificatesOf } from '#persistence/own-certificates.js';
import type { OperationRow } from '#persistence/tables.js';
import type { AppProcess } from '../support/app-process.js';
import { FaultRun } from '../support/fault-run.js';
import { bringCertificate } from '../support/own-certificate.js';
import { makeOwnChain } from '../support/own-chain.js';
import { eventuallyFollows, makeTree, memberOf, tell, type Member } from '../support/replication-tree.js';
import { finished, request } from '../support/requests.js';

/** Of each sort of place one, for `npm test`; HOLDFAST_TEST_FAULTS=all runs through them all. */
const chosen: readonly FaultPointName[] = [
  'rotate-credentials:admit:begun',
  'rotate-credentials:publish:acted',
  'rotate-credentials:forget:acted',
  'retire-credentials:forget:acted',
  'certificate:files-written',
  'certificate:authorities-written',
  'renew-certificate:load:acted',
  'renew-certificate:settle:begun',
  'rename:answer-to:begun',
  'rename:load:begun',
];
const points = process.env['HOLDFAST_TEST_FAULTS'] === 'all' ? faultPointNames : chosen;
const starting = (prefix: string): FaultPointName[] => points.filter((point) => point.startsWith(prefix));

const perPoint = 180_000;
let run: FaultRun;
let pair: readonly [primary: Member, replica: Member];
const living: AppProcess[] = [];

const worker = async (): Promise<void> => void living.push(await run.worker());
const endAll = async (): Promise<void> => void (await Promise.all(living.splice(0).map((process) => process.end())));

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

const shown = async ({ id }: Member): Promise<string> =>
  (await openPasswords(run.installation.control, id)).tenant[0] ?? '';

const letsIn = (member: Member, password: string): Promise<boolean> =>
  tell({ ...member, login: { ...member.login, password } }, 'PING').then(
    () => true,
    (error: unknown) => {
      if (String(error).includes('WRONGPASS')) return false;
      throw error;
    },
  );

/** What is shown works on every server, whatever has died where. */
const expectShownWorks = async (): Promise<void> => {
  for (const member of pair) expect(await letsIn(member, await shown(member))).toBe(true);
};

/** The victim dies where it was told to, another worker goes on, and the operation ends. */
const outlives = async (victim: AppProcess, operationId: string): Promise<OperationRow> => {
  expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
  await expectShownWorks();
  await worker();
  return finished(run.installation, operationId, perPoint - 30_000);
};

const expectSound = async (): Promise<void> => {
  await expectShownWorks();
  pair = [await memberOf(run, pair[0].id), await memberOf(run, pair[1].id)];
  await eventuallyFollows(pair[1], pair[0]);
  expect(await run.complaints()).toEqual([]);
};

const atEach = (group: readonly FaultPointName[], test: (point: FaultPointName) => Promise<void>): void => {
  if (group.length > 0) it.each(group)('%s', test, perPoint);
  else it.skip('all of them: HOLDFAST_TEST_FAULTS=all', () => undefined);
};

const endGrace = () =>
  sql`UPDATE credentials SET expires_at = now() - interval '1 second' WHERE state = 'going'`.execute(
    run.installation.control.db,
  );

const retired = async (): Promise<void> => {
  await worker();
  const { id, handle } = await row();
  const operationId = await request(run.installation, id, { type: 'retire-credentials', confirm: handle });
  expect((await finished(run.installation, operationId)).error).toBeNull();
  pair = [await memberOf(run, pair[0].id), await memberOf(run, pair[1].id)];
  await endAll();
};

const row = () =>
  run.installation.control.db
    .selectFrom('databases')
    .select(['id', 'handle'])
    .where('id', '=', pair[0].id)
    .executeTakeFirstOrThrow();

describe('a worker that dies leaves a rotation that another one completes, with both passwords valid', () => {
  atEach(starting('rotate-credentials:'), async (point) => {
    const former = await shown(pair[0]);
    const victim = await run.victim('lifecycle-worker', point);
    const operationId = await request(run.installation, pair[1].id, { type: 'rotate-credentials' });
    expect(await outlives(victim, operationId)).toMatchObject({ status: 'succeeded', error: null });
    expect(await shown(pair[0])).not.toBe(former);
    for (const member of pair) expect(await letsIn(member, former)).toBe(true);
    await expectSound();
    await endAll();
    await retired();
    for (const member of pair) expect(await letsIn(member, former)).toBe(false);
  });
});

describe('a worker that dies leaves the end of a grace time that another one completes', () => {
  atEach(starting('retire-credentials:'), async (point) => {
    await worker();
    const former = await shown(pair[0]);
    const rotation = await request(run.installation, pair[0].id, { type: 'rotate-credentials' });
    expect((await finished(run.installation, rotation)).error).toBeNull();
    await endAll();
    await endGrace();
    const victim = await run.victim('lifecycle-worker', point);
    const { id, handle } = await row();
    const operationId = await request(run.installation, id, { type: 'retire-credentials', confirm: handle });
    expect(await outlives(victim, operationId)).toMatchObject({ status: 'succeeded', error: null });
    for (const member of pair) expect(await letsIn(member, former)).toBe(false);
    await expectSound();
  });
});

describe('a worker that dies leaves a renewal that another one completes, and a server that can be reached meanwhile', () => {
  atEach([...starting('renew-certificate:'), ...starting('certificate:')], async (point) => {
    const victim = await run.victim('lifecycle-worker', point);
    // One that an operator brings goes through all steps, and more of them than one of Holdfast.
    const chain = await makeOwnChain();
    const operationId = await bringCertificate(run.installation, pair[0].id, chain);
    const { status, receipt } = await outlives(victim, operationId);
    const { serialNumber, fingerprint256 } = new X509Certificate(chain.leafPem);
    expect([status, receipt?.['serialNumber']]).toEqual(['succeeded', serialNumber]);
    const recorded = await ownCertificatesOf(run.installation.control.db, [pair[0].id]);
    expect(recorded).toMatchObject([{ state: 'current', fingerprint256 }]);
    expect(await findOperationSecret(run.installation.control.db, operationId)).toBeUndefined();
    await expectSound();
  });
});

let renamed = 0;

describe('a worker that dies leaves a rename that another one completes', () => {
  atEach(starting('rename:'), async (point) => {
    const { control } = run.installation;
    const victim = await run.victim('lifecycle-worker', point);
    const before = await findDatabase(control.db, pair[0].id);
    if (!before) throw new Error('The database is missing');
    const asked = control.db.transaction();
    const { id } = await asked.execute((tx) => requestRename(control, tx, 'test', before, `renamed-${++renamed}`));
    expect(await outlives(victim, id)).toMatchObject({
      status: 'succeeded',
      receipt: { handle: `renamed-${renamed}` },
    });
    await expectSound();
  });
});
