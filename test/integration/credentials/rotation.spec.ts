import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverUsers } from '#domain/server/users.js';
import { openPasswords, replicationLogin } from '#operations/server/material.js';
import { credentialsOf } from '#persistence/credentials.js';
import { endAllGrace, letsIn, shownPassword, sweepCredentials, usersFileOf } from '../../support/passwords.js';
import { databaseRow, finished, promote, replicate, request } from '../../support/requests.js';
import { refusalOf } from '../../support/refusal-of.js';
import { byHand, containerOf, foundOf } from '../../support/sweeps.js';
import { createWorkedInstallation, type WorkedInstallation } from '../../support/worked-installation.js';

const patience = 60_000;
let installation: WorkedInstallation;

beforeAll(async () => {
  installation = await createWorkedInstallation('rotated');
});
afterAll(() => installation.close());

const rotate = async (id: string, more: object = {}) =>
  finished(installation, await request(installation, id, { type: 'rotate-credentials', ...more }));
const confirmed = async (id: string) => ({ confirm: (await databaseRow(installation, id)).handle });
const retire = async (id: string) =>
  finished(installation, await request(installation, id, { type: 'retire-credentials', ...(await confirmed(id)) }));
const statesOf = async (id: string) =>
  (await credentialsOf(installation.control.db, id))
    .filter(({ username }) => username === serverUsers.tenant)
    .map(({ ordinal, state }) => `${ordinal} ${state}`);
const linkOf = async (id: string): Promise<string> =>
  /master_link_status:(\w+)/.exec(String((await byHand(installation, id, [['INFO', 'replication']]))[0]))?.[1] ?? '';

describe('a rotation', () => {
  it(
    'gives a new password, and the former one works until its time is over',
    async () => {
      const id = await installation.provisioned();
      const [before, manager] = [await shownPassword(installation, id), await openPasswords(installation.control, id)];
      const { status, receipt } = await rotate(id, { graceHours: 2 });
      expect([status, typeof receipt?.['formerWorksUntil']]).toEqual(['succeeded', 'string']);
      const after = await shownPassword(installation, id);
      expect(after).not.toBe(before);
      expect([await letsIn(installation, id, after), await letsIn(installation, id, before)]).toEqual([true, true]);
      expect(await letsIn(installation, id, manager.manager, serverUsers.manager)).toBe(false);
      expect(await foundOf(installation, id)).toEqual([]);
      expect(await sweepCredentials(installation)).toEqual([]);
      await endAllGrace(installation);
      expect(await sweepCredentials(installation)).toMatchObject([{ kind: 'retire-credentials', status: 'succeeded' }]);
      expect([await letsIn(installation, id, after), await letsIn(installation, id, before)]).toEqual([true, false]);
      expect(await statesOf(id)).toEqual(['2 current']);
      expect(await foundOf(installation, id)).toEqual([]);
    },
    patience,
  );

  it(
    'keeps both passwords over a restart, a reload and a promotion, on the whole tree, and the users that a tenant made',
    async () => {
      const source = await installation.provisioned();
      const replica = await installation.replicaOf(source);
      await byHand(
        installation,
        source,
        [
          ['ACL', 'SETUSER', 'reporter', 'on', '>p', '+get'],
          ['ACL', 'SAVE'],
        ],
        'tenant',
      );
      const before = await shownPassword(installation, source);
      const login = await replicationLogin(installation.control, replica);
      // Asked of the replica: a tree has one password.
      expect((await rotate(replica)).error).toBeNull();
      const after = await shownPassword(installation, source);
      expect(await shownPassword(installation, replica)).toBe(after);
      expect(await letsIn(installation, source, login.password, login.username)).toBe(false);
      expect(await linkOf(replica)).toBe('up');
      for (const change of ['restart', 'reload'] as const) {
        for (const id of [source, replica]) {
          expect((await finished(installation, await request(installation, id, change))).error).toBeNull();
        }
      }
      expect((await finished(installation, await promote(installation, replica))).error).toBeNull();
      for (const id of [source, replica]) {
        expect([await letsIn(installation, id, after), await letsIn(installation, id, before)]).toEqual([true, true]);
        expect(await foundOf(installation, id)).toEqual([]);
      }
      expect(await linkOf(source)).toBe('up');
      expect(await usersFileOf(installation, source)).toContain('user reporter ');
      await endAllGrace(installation);
      expect(await sweepCredentials(installation)).toHaveLength(1);
      for (const id of [source, replica]) expect(await letsIn(installation, id, before)).toBe(false);
      expect(await linkOf(source)).toBe('up');
    },
    patience,
  );

  it(
    'reaches a server that is stopped by its file',
    async () => {
      const source = await installation.provisioned();
      const replica = await installation.replicaOf(source);
      const container = containerOf(installation, replica);
      const before = await shownPassword(installation, source);
      await installation.host.stopContainer(container, 1, AbortSignal.timeout(10_000));
      expect((await rotate(source)).error).toBeNull();
      await installation.host.startContainer(container, AbortSignal.timeout(10_000));
      const after = await shownPassword(installation, source);
      expect([await letsIn(installation, replica, after), await letsIn(installation, replica, before)]).toEqual([
        true,
        true,
      ]);
      expect(await linkOf(replica)).toBe('up');
      expect(await foundOf(installation, replica)).toEqual([]);
    },
    patience,
  );

  it(
    'that cannot be carried out shows no new password, and leaves none behind',
    async () => {
      const id = await installation.provisioned();
      const before = await shownPassword(installation, id);
      const container = containerOf(installation, id);
      await byHand(installation, id, [['ACL', 'SETUSER', 'holdfast-manager', 'resetpass', '>another']], 'tenant');
      const operationId = await request(installation, id, { type: 'rotate-credentials' });
      await installation.control.db
        .updateTable('operations')
        .set({ attempt: 7 })
        .where('id', '=', operationId)
        .execute();
      expect(await finished(installation, operationId)).toMatchObject({
        status: 'failed',
        error: { code: 'server_not_ready' },
      });
      expect(container).toBeDefined();
      expect(await shownPassword(installation, id)).toBe(before);
      expect(await statesOf(id)).toEqual(['1 current']);
      expect(await letsIn(installation, id, before)).toBe(true);
      expect(await foundOf(installation, id)).toEqual(['manager_refused']);
    },
    patience,
  );
});

describe('a rotation with no grace, and the end of one', () => {
  it(
    'drops every client, and only the new password works',
    async () => {
      const id = await installation.provisioned();
      const before = await shownPassword(installation, id);
      expect(await refusalOf(rotate(id, { now: true }))).toBe('confirmation_required');
      expect((await rotate(id, { now: true, ...(await confirmed(id)) })).receipt).toMatchObject({
        formerWorksUntil: null,
      });
      expect(await letsIn(installation, id, before)).toBe(false);
      expect(await statesOf(id)).toEqual(['2 current']);
    },
    patience,
  );

  it(
    'a second rotation waits for the end of the first, unless it ends it',
    async () => {
      const id = await installation.provisioned();
      const first = await shownPassword(installation, id);
      expect((await rotate(id)).error).toBeNull();
      const second = await shownPassword(installation, id);
      expect(await refusalOf(rotate(id))).toBe('grace_time_running');
      expect((await rotate(id, { now: true, ...(await confirmed(id)) })).error).toBeNull();
      expect([await letsIn(installation, id, first), await letsIn(installation, id, second)]).toEqual([false, false]);
      expect((await rotate(id)).error).toBeNull();
      expect((await retire(id)).error).toBeNull();
      expect(await statesOf(id)).toEqual(['4 current']);
      expect(await refusalOf(retire(id))).toBe('no_grace_time');
    },
    patience,
  );

  it(
    'a replica that is asked for while a rotation waits has the new password',
    async () => {
      const id = await installation.provisioned();
      const [rotation, replica] = [
        await request(installation, id, { type: 'rotate-credentials' }),
        await replicate(installation, id, 'rotated-late'),
      ];
      expect((await finished(installation, rotation)).error).toBeNull();
      expect((await finished(installation, replica.operationId)).error).toBeNull();
      expect(await shownPassword(installation, replica.databaseId)).toBe(await shownPassword(installation, id));
      expect(await foundOf(installation, replica.databaseId)).toEqual([]);
    },
    patience,
  );
});
