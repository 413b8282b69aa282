import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { OperationRequest } from '#contracts/operation-requests.js';
import { stepsOf } from '#persistence/operations/read.js';
import { FakeUpgrades } from '../../support/fake-upgrades.js';
import { cancel, databaseRow, request } from '../../support/requests.js';

/** What stops the server of a database in memory only is confirmed by its handle. Nobody types one for a retry. */

jest.setTimeout(30_000);

let upgrades: FakeUpgrades;
beforeAll(async () => {
  upgrades = await FakeUpgrades.open();
}, 60_000);
afterAll(() => upgrades.close());

/** As a configure leaves it. */
const inMemory = async (id: string): Promise<void> => {
  const { db } = upgrades.installation.control;
  await db.updateTable('databases').set({ persistence: 'none' }).where('id', '=', id).execute();
};

const restarting: readonly [string, (confirm: string) => OperationRequest][] = [
  ['a restart', (confirm) => ({ type: 'restart', confirm })],
  ['a reload', (confirm) => ({ type: 'reload', confirm })],
  ['settings that need a restart', (confirm) => ({ type: 'configure', settings: { databases: 20 }, confirm })],
  ['an upgrade in place', (confirm) => ({ type: 'upgrade', version: '8.0', method: 'in-place', confirm })],
];

const asked = async (id: string, wish: (confirm: string) => OperationRequest): Promise<string> =>
  request(upgrades.installation, id, wish((await databaseRow(upgrades.installation, id)).handle));

const askedAndCancelled = async (id: string, wish: (confirm: string) => OperationRequest): Promise<string> => {
  const operationId = await asked(id, wish);
  await cancel(upgrades.installation, operationId);
  return operationId;
};

describe.each(restarting)('the retry of %s', (_, wish) => {
  it('is refused when the data lie in memory only by now', async () => {
    const id = await upgrades.ready('7.0', { persistence: 'aof' });
    const operationId = await askedAndCancelled(id, wish);
    await inMemory(id);
    await expect(upgrades.retry(operationId)).rejects.toMatchObject({
      ...{ code: 'confirmation_required', detail: expect.stringContaining(operationId) },
      remedy: expect.stringContaining('anew'),
    });
  });

  it('is taken when they did so when it was confirmed, and so is the retry of that', async () => {
    const id = await upgrades.ready('7.0', { persistence: 'none' });
    const again = await upgrades.retry(await askedAndCancelled(id, wish));
    await cancel(upgrades.installation, again.id);
    expect(await upgrades.retry(again.id)).toMatchObject({ retry_of: again.id });
  });
});

describe('what stops no server', () => {
  it('is retried whatever the mode is by now', async () => {
    const id = await upgrades.ready('7.0', { persistence: 'aof' });
    const operationId = await askedAndCancelled(id, () => ({ type: 'configure', settings: { timeout: 9 } }));
    await inMemory(id);
    expect(await upgrades.retry(operationId)).toMatchObject({ kind: 'configure' });
  });
});

describe.each(['restart', 'reload'] as const)('a %s that stood in line behind a change of the mode', (type) => {
  it('is refused before it stops the server', async () => {
    const id = await upgrades.ready('7.0', { persistence: 'aof' });
    const waiting = await asked(id, () => ({ type }));
    await inMemory(id);
    expect(await upgrades.run(waiting)).toEqual({ kind: 'fail', code: 'confirmation_required' });
    expect(await databaseRow(upgrades.installation, id)).toMatchObject({ status: 'provisioned', health: 'healthy' });
    expect((await upgrades.containerOf(id))?.state).toBe('running');
  });
});

describe('an upgrade in place that stood in line behind a change of the mode', () => {
  it('is refused before it touches anything', async () => {
    const id = await upgrades.ready('7.0', { persistence: 'aof' });
    const waiting = await asked(id, () => ({ type: 'upgrade', version: '8.0', method: 'in-place' }));
    await inMemory(id);
    expect(await upgrades.run(waiting)).toEqual({ kind: 'fail', code: 'confirmation_required' });
    expect(await stepsOf(upgrades.installation.control.db, [waiting])).toMatchObject([{ name: 'check' }]);
    expect(await databaseRow(upgrades.installation, id)).toMatchObject({ version: '7.0', health: 'healthy' });
  });
});
