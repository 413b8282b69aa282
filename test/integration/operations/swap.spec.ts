import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { OperationRequest } from '#contracts/operation-requests.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { containerName } from '#domain/server/names.js';
import { faultPoints } from '#observability/fault-points.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { requestRename } from '#operations/requests/request-rename.js';
import { incarnationsOf } from '#persistence/incarnations.js';
import { findOperation, logOf, stepsOf } from '#persistence/operations/read.js';
import { pageSettingsHistory } from '#persistence/settings-history.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { create, databaseRow, replicate, request } from '../../support/requests.js';

jest.setTimeout(60_000);

/** Whole upgrades and ways back on fakes: what goes with the servers when they change places. */

let installation: FakeInstallation;
let counter = 0;

beforeAll(async () => {
  installation = await createFakeInstallation();
}, 60_000);
afterAll(() => installation.close());
afterEach(() => faultPoints.disarmAll());

const signal = new AbortController().signal;
const run = (operationId: string) => installation.runner().run(operationId);

/** The catalogue's 7.0 is deprecated: a database of it is older than that. */
const ready = async (): Promise<string> => {
  const { databaseId, operationId } = await create(installation, `swap-${++counter}`, { persistence: 'aof' });
  const old = { version: '7.0', image: 'holdfast/redis:7.0' };
  await installation.control.db.updateTable('databases').set(old).where('id', '=', databaseId).execute();
  expect(await run(operationId)).toEqual({ kind: 'done' });
  return databaseId;
};

/** The fakes have no keys to compare, so the backup is taken for proved; then the upgrade goes on. Returns the operation's id. */
const backedUp = async (databaseId: string, wish: OperationRequest): Promise<string> => {
  const id = await request(installation, databaseId, wish);
  expect(await run(id)).toMatchObject({ kind: 'retry' });
  const { db } = installation.control;
  await db.updateTable('backups').set({ verification: 'verified' }).where('operation_id', '=', id).execute();
  return id;
};

/** Nor data to load: the version is taken for tried. */
const tried = async (databaseId: string, wish: OperationRequest): Promise<string> => {
  const id = await backedUp(databaseId, wish);
  const { db, now } = installation.control;
  const step = { name: 'try', status: 'succeeded', started_at: now() } as const;
  await db
    .insertInto('operation_steps')
    .values({ operation_id: id, attempt: 1, ordinal: 99, ...step })
    .execute();
  return id;
};
const carryOut = async (databaseId: string, wish: OperationRequest): Promise<string> => {
  const id = await tried(databaseId, wish);
  expect(await run(id)).toEqual({ kind: 'done' });
  return id;
};
const rename = async (databaseId: string, handle: string): Promise<void> => {
  const { control } = installation;
  const row = await databaseRow(installation, databaseId);
  const renaming = control.db.transaction();
  const { id } = await renaming.execute((tx) => requestRename(control, tx, 'test', row, handle));
  expect(await run(id)).toEqual({ kind: 'done' });
};
const upgrade = (databaseId: string) => carryOut(databaseId, { type: 'upgrade', version: '8.0' });

const containerOf = async (databaseId: string) => {
  const { control, host } = installation;
  const { incarnation } = await databaseRow(installation, databaseId);
  const owner = { installation: control.installation, subject: databaseId };
  return (await host.inspectContainer(containerName(control.installation, databaseId, incarnation), owner, signal))!;
};
const attachmentOf = async (databaseId: string) => Object.values((await containerOf(databaseId)).networks)[0]!;
const processOf = async (databaseId: string) =>
  installation.host.serverAt((await attachmentOf(databaseId)).ipv4 ?? '')!;

describe('a swap', () => {
  it('leaves the new server with every handle that the old one answered to', async () => {
    const id = await ready();
    const { handle } = await databaseRow(installation, id);
    await rename(id, `${handle}-new`);
    await upgrade(id);
    expect(await databaseRow(installation, id)).toMatchObject({ incarnation: 2, former_handles: [handle] });
    expect((await attachmentOf(id)).aliases).toEqual([`${handle}-new`, handle]);
  });
});

describe('the moment from which on a way back loses writes', () => {
  it('is that of the switch, also when a later upgrade writes it down', async () => {
    const id = await ready();
    const first = await tried(id, { type: 'upgrade', version: '8.0' });
    const { control } = installation;
    faultPoints.arm('upgrade:record:begun', () => Promise.reject(new HoldfastError('disk_full', 'not now')));
    expect(await run(first)).toEqual({ kind: 'fail', code: 'disk_full' });
    expect((await findOperation(control.db, first))?.error?.leftBehind).toEqual([
      expect.stringContaining('takes writes already'),
    ]);
    faultPoints.disarmAll();
    const again = await control.db.transaction().execute((tx) => retryOperation(control, tx, 'test', first));
    expect(await run(again.id)).toEqual({ kind: 'done' });
    const [switched] = (await stepsOf(control.db, [first])).filter(({ name }) => name === 'switch');
    const moment = switched?.started_at;
    expect(await incarnationsOf(control.db, id)).toMatchObject([{ state: 'kept', kept_at: moment }]);
    expect((await findOperation(control.db, again.id))?.receipt).toMatchObject({ recordedAt: moment?.toISOString() });
  });
});

describe('the users of a server that is gone back to', () => {
  const upgraded = async () => {
    const id = await ready();
    const former = await processOf(id);
    former.acl.set('legacy', ['on', '>typed-by-hand', '~*', '+get']);
    former.saveUsers();
    await upgrade(id);
    const { handle: confirm } = await databaseRow(installation, id);
    const [back, { name }] = [{ type: 'go-back', confirm, skipSafetyBackup: true } as const, await containerOf(id)];
    const owner = { installation: installation.control.installation, subject: id };
    return { id, back, name, owner };
  };

  it('are those of today', async () => {
    const { id, back } = await upgraded();
    const today = await processOf(id);
    today.acl.remove(['legacy']);
    today.saveUsers();
    expect(await run(await request(installation, id, back))).toEqual({ kind: 'done' });
    expect((await processOf(id)).acl.names()).not.toContain('legacy');
  });

  it('are not replaced by those of then while they can be read again', async () => {
    const { id, back, name, owner } = await upgraded();
    await installation.host.ensureContainerAbsent(name, owner, signal);
    const going = await request(installation, id, back);
    expect(await run(going)).toEqual({ kind: 'fail', code: 'way_back_blocked' });
    expect((await findOperation(installation.control.db, going))?.error?.remedy).toContain('holdfast db:reload');
    expect(await run(await request(installation, id, 'reload'))).toEqual({ kind: 'done' });
    expect(await run(await request(installation, id, back))).toEqual({ kind: 'done' });
    expect((await processOf(id)).acl.names()).toContain('legacy');
  });

  it('are those of then when the volume of today is gone', async () => {
    const { id, back, name, owner } = await upgraded();
    await installation.host.ensureContainerAbsent(name, owner, signal);
    await installation.host.ensureVolumeAbsent(name, owner, signal);
    const going = await request(installation, id, back);
    expect(await run(going)).toEqual({ kind: 'done' });
    expect((await processOf(id)).acl.names()).toContain('legacy');
    const log = await logOf(installation.control.db, going, '0', 100);
    expect(log.map(({ message }) => message).join()).toContain('gone with its volume');
  });
});

describe('settings that another version lacks', () => {
  const configure = async (id: string, settings: Readonly<Record<string, string | number | boolean>>) =>
    run(await request(installation, id, { type: 'configure', settings }));
  const rowOf = async (id: string) => (await databaseRow(installation, id)).settings;
  const historyOf = (id: string) => pageSettingsHistory(installation.control.db, id, { limit: 2, after: undefined });
  const receiptOf = async (id: string) => (await findOperation(installation.control.db, id))?.receipt;

  it.each(['swap', 'in-place'] as const)(
    'are left out by an upgrade by %s, and stand in nobody’s way',
    async (method) => {
      const id = await ready();
      expect(await configure(id, { 'io-threads-do-reads': true })).toEqual({ kind: 'done' });
      const upgrading = await carryOut(id, { type: 'upgrade', version: '8.0', method });
      expect(await rowOf(id)).toEqual({});
      expect(await receiptOf(upgrading)).toMatchObject({ settingsLeftOut: ['io-threads-do-reads'] });
      expect(await historyOf(id)).toMatchObject([
        {
          operation_id: upgrading,
          changes: [{ name: 'io-threads-do-reads', before: 'yes', after: 'no' }],
          settings: {},
        },
        { settings: { 'io-threads-do-reads': 'yes' } },
      ]);
      expect(await configure(id, { timeout: 300 })).toEqual({ kind: 'done' });
      expect(await rowOf(id)).toEqual({ timeout: '300' });
    },
  );

  it('are named before a way back leaves them out', async () => {
    const id = await ready();
    await upgrade(id);
    expect(await configure(id, { 'set-max-listpack-entries': 200, timeout: 300 })).toEqual({ kind: 'done' });
    const back = { type: 'go-back', skipSafetyBackup: true } as const;
    const named = expect.stringContaining('Settings that 7.0 lacks are left out: set-max-listpack-entries.');
    await expect(request(installation, id, back)).rejects.toMatchObject({ detail: named });
    const { handle: confirm } = await databaseRow(installation, id);
    const going = await request(installation, id, { ...back, confirm });
    expect(await run(going)).toEqual({ kind: 'done' });
    expect(await rowOf(id)).toEqual({ timeout: '300' });
    expect(await receiptOf(going)).toMatchObject({ settingsLeftOut: ['set-max-listpack-entries'] });
    const log = await logOf(installation.control.db, going, '0', 100);
    expect(log.map(({ message }) => message).join()).toContain('set-max-listpack-entries. They are left out.');
    expect(await configure(id, { timeout: 0 })).toEqual({ kind: 'done' });
  });
});

describe('a version', () => {
  it('that does not take what a replica has of its own is refused before anything is touched', async () => {
    const id = await ready();
    const { databaseId: replica, operationId } = await replicate(installation, id, `swap-${++counter}`);
    expect(await run(operationId)).toEqual({ kind: 'done' });
    const { db } = installation.control;
    const settings = JSON.stringify({ activedefrag: 'yes' });
    await db.updateTable('databases').set({ settings }).where('id', '=', replica).execute();
    const upgrading = await backedUp(id, { type: 'upgrade', version: '8.0' });
    expect(await run(upgrading)).toEqual({ kind: 'fail', code: 'upgrade_incompatible' });
    const { handle, version } = await databaseRow(installation, replica);
    expect(version).toBe('7.0');
    expect((await findOperation(db, upgrading))?.error?.detail).toContain(`settings and users of "${handle}" ends`);
  });
});

describe('a host without room for a second server', () => {
  it('refuses an upgrade in place as well, and does not propose another size', async () => {
    const id = await ready();
    const upgrading = await request(installation, id, { type: 'upgrade', version: '8.0', method: 'in-place' });
    const runner = installation.runner({ memoryOvercommit: 0.000_001 });
    expect(await runner.run(upgrading)).toEqual({ kind: 'fail', code: 'host_full' });
    const { error } = (await findOperation(installation.control.db, upgrading)) ?? {};
    expect(error?.remedy).toContain('a second server, by either method');
  });
});
