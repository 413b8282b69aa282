import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { labels } from '#domain/server/names.js';
import { takeAddress } from '#persistence/environments.js';
import { insertIncarnation } from '#persistence/incarnations.js';
import { stepsOf } from '#persistence/operations/read.js';
import { FakeUpgrades } from '../../support/fake-upgrades.js';
import { databaseRow, promote, request } from '../../support/requests.js';

/** An upgrade that stood in line behind something that changed the tree, with fakes. */

jest.setTimeout(30_000);

let upgrades: FakeUpgrades;
beforeAll(async () => {
  upgrades = await FakeUpgrades.open();
}, 60_000);
afterAll(() => upgrades.close());

const run = (operationId: string) => upgrades.run(operationId);

/** Refused by the first step, with no server replaced. */
const expectRefused = async (operationId: string, why: RegExp, ...untouched: string[]): Promise<void> => {
  expect(await run(operationId)).toEqual({ kind: 'fail', code: 'database_not_ready' });
  expect((await upgrades.operation(operationId)).error?.detail).toMatch(why);
  const steps = await stepsOf(upgrades.installation.control.db, [operationId]);
  expect(steps.map(({ name }) => name)).toEqual(['check']);
  for (const id of untouched)
    expect(await databaseRow(upgrades.installation, id)).toMatchObject({ version: '7.0', health: 'healthy' });
};

/** What an upgrade could not remove. */
const leaveSuccessor = async (databaseId: string, operationId: string): Promise<void> => {
  const { control } = upgrades.installation;
  const { environment_id: environmentId } = await databaseRow(upgrades.installation, databaseId);
  await control.db.transaction().execute(async (tx) => {
    await insertIncarnation(tx, {
      ...{ database_id: databaseId, incarnation: 2, state: 'successor', operation_id: operationId },
      ...{ version: '8.0', image: 'holdfast/redis:8.0', tls_protocols: [] },
      address_index: await takeAddress(tx, environmentId, databaseId),
    });
  });
};

const follows = async (databaseId: string): Promise<boolean | null> => {
  const [attachment] = Object.values((await upgrades.containerOf(databaseId))?.networks ?? {});
  const server = upgrades.installation.host.serverAt(attachment?.ipv4 ?? '');
  return server ? server.replication.source !== null : null;
};

describe('an upgrade that stood in line', () => {
  it('behind an unlink leaves the database alone that is one of its own by then', async () => {
    const { primary, replica } = await upgrades.pair();
    const unlink = await request(upgrades.installation, replica, 'unlink');
    const waiting = await upgrades.upgrade(primary);
    expect(await run(unlink)).toEqual({ kind: 'done' });
    await expectRefused(waiting, /does not follow it any more/, primary, replica);
    expect((await upgrades.retry(waiting)).parameters).toMatchObject({ method: 'swap', replicas: [] });
  });

  it('behind a promotion does not stop the server that has become the primary', async () => {
    const { primary, replica } = await upgrades.pair();
    const promotion = await promote(upgrades.installation, replica);
    const waiting = await upgrades.upgrade(primary);
    expect(await run(promotion)).toEqual({ kind: 'done' });
    await expectRefused(waiting, /was a primary database and is a replica one/, primary, replica);
    expect((await upgrades.retry(waiting)).parameters).toMatchObject({ method: 'in-place', replicas: [] });
  });

  it('behind a promotion does not take back the role for a server that an earlier upgrade has left', async () => {
    const { primary, replica } = await upgrades.pair();
    const promotion = await promote(upgrades.installation, replica);
    const waiting = await upgrades.upgrade(primary);
    await leaveSuccessor(primary, waiting);
    expect(await run(promotion)).toEqual({ kind: 'done' });
    expect(await run(waiting)).toEqual({ kind: 'fail', code: 'database_not_ready' });
    expect(await Promise.all([primary, replica].map(follows))).toEqual([true, false]);
  });

  it('for a replica that is the primary by then is not done in place', async () => {
    const { primary, replica } = await upgrades.pair();
    const promotion = await promote(upgrades.installation, replica);
    const waiting = await upgrades.upgrade(replica);
    expect(await run(promotion)).toEqual({ kind: 'done' });
    await expectRefused(
      waiting,
      /was a replica database and is a primary one; "up-[0-9a-f]+" follows it by now/,
      primary,
    );
    expect((await upgrades.retry(waiting)).parameters).toMatchObject({ method: 'swap', replicas: [primary] });
  });

  it('behind a way back is not done from another version than the one that it was asked for', async () => {
    const primary = await upgrades.ready('8.0');
    await upgrades.become(primary, '7.0');
    const waiting = await upgrades.upgrade(primary);
    await upgrades.become(primary, '6.0');
    expect(await run(waiting)).toEqual({ kind: 'fail', code: 'database_not_ready' });
  });

  it('goes on without a replica that was deprovisioned', async () => {
    const { primary, replica } = await upgrades.pair();
    const removal = await request(upgrades.installation, replica, 'deprovision');
    const waiting = await upgrades.upgrade(primary);
    expect(await run(removal)).toEqual({ kind: 'done' });
    await run(waiting);
    const steps = await stepsOf(upgrades.installation.control.db, [waiting]);
    expect(steps[0]).toMatchObject({ name: 'check', status: 'succeeded' });
  });
});

const madeBy = async (databaseId: string) => (await upgrades.containerOf(databaseId))?.labels[labels.operation];

describe('a replica that has become newer than the wanted version', () => {
  it('is left alone, and its version is not written over', async () => {
    const { primary, replica } = await upgrades.pair();
    const newer = await upgrades.follower(primary);
    const waiting = await upgrades.upgrade(primary, { method: 'in-place' });
    await upgrades.become(newer, '9.0');
    await upgrades.tried(waiting);
    expect(await run(waiting)).toEqual({ kind: 'done' });
    expect(await databaseRow(upgrades.installation, newer)).toMatchObject({ version: '9.0' });
    expect(await madeBy(newer)).not.toBe(waiting);
    for (const id of [primary, replica]) {
      expect(await databaseRow(upgrades.installation, id)).toMatchObject({ version: '8.0' });
      expect(await madeBy(id)).toBe(waiting);
    }
  });
});

describe('a promotion that stood in line behind an upgrade of its replica', () => {
  it('is refused before the primary is touched', async () => {
    const { primary, replica } = await upgrades.pair();
    const promotion = await promote(upgrades.installation, replica);
    await upgrades.become(replica, '8.0');
    expect(await run(promotion)).toEqual({ kind: 'fail', code: 'replica_newer' });
    expect(await stepsOf(upgrades.installation.control.db, [promotion])).toEqual([]);
    expect(await Promise.all([primary, replica].map(follows))).toEqual([false, true]);
    expect(await databaseRow(upgrades.installation, primary)).toMatchObject({ role: 'primary', health: 'healthy' });
  });

  it('is done by force, and the primary, which could not follow, is fenced', async () => {
    const { primary, replica } = await upgrades.pair();
    const promotion = await promote(upgrades.installation, replica, 'force');
    await upgrades.become(replica, '8.0');
    expect(await run(promotion)).toEqual({ kind: 'done' });
    expect((await upgrades.operation(promotion)).receipt).toMatchObject({ method: 'switchover', formerRole: 'fenced' });
    expect(await databaseRow(upgrades.installation, replica)).toMatchObject({ role: 'primary' });
    expect(await databaseRow(upgrades.installation, primary)).toMatchObject({ role: 'fenced' });
    expect(await upgrades.containerOf(primary)).toMatchObject({ state: 'exited', restartPolicy: 'no' });
  });
});
