import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { backupOfOperation } from '#persistence/backups.js';
import { FakeUpgrades } from '../../support/fake-upgrades.js';
import { cancel } from '../../support/requests.js';

/** What an upgrade that has not succeeded leaves, and what a retry makes of it; with fakes. */

jest.setTimeout(30_000);

let upgrades: FakeUpgrades;
beforeAll(async () => {
  upgrades = await FakeUpgrades.open();
}, 60_000);
afterAll(() => upgrades.close());

describe('a cancelled upgrade', () => {
  it('names its safety backup, which stays, beside what was left', async () => {
    const { db } = upgrades.installation.control;
    const id = await upgrades.upgrade(await upgrades.ready());
    expect(await upgrades.run(id)).toMatchObject({ kind: 'retry' });
    const receipt = JSON.stringify({ noted: 'before' });
    await db.updateTable('operations').set({ receipt }).where('id', '=', id).execute();
    await cancel(upgrades.installation, id);
    expect(await upgrades.run(id)).toEqual({ kind: 'cancelled' });
    const backup = await backupOfOperation(db, id);
    expect(backup?.status).toBe('complete');
    expect((await upgrades.operation(id)).receipt).toEqual({
      ...{ backupId: backup?.id, backupDataAt: backup?.snapshot_at?.toISOString() },
      ...{ noted: 'before', leftBehind: [] },
    });
  });
});
