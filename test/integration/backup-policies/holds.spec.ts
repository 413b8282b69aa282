import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { newId } from '#operations/control.js';
import { bootstrapInstallation } from '#operations/installation/bootstrap.js';
import { recordBackup } from '#operations/requests/request-backup.js';
import { updateBackup } from '#persistence/backups.js';
import { findDatabase } from '#persistence/databases.js';
import { startTestApi, type TestApi } from '../../support/api.js';

let now = new Date('2026-06-10T12:00:00Z');
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ now: () => now });
  await bootstrapInstallation(api.control, new X509CertificateAuthority());
});
afterAll(() => api.close());

const complete = async (): Promise<string> => {
  const { body } = await api.send('POST', '/v1/environments/default/databases', { body: { handle: 'orders' } });
  const database = await findDatabase(api.control.db, body.database.id);
  if (!database) throw new Error('No such database');
  const id = newId();
  await api.control.db.transaction().execute(async (tx) => {
    const { operation } = body;
    await recordBackup(api.control, tx, { id, kind: 'manual', database, actor: 'test', operation });
    await updateBackup(tx, id, { status: 'complete', snapshot_at: now, completed_at: now });
  });
  return id;
};

const hold = async (id: string, reason: string | null) => {
  now = new Date(now.getTime() + 1000);
  const { status, body } = await api.send('PATCH', `/v1/backups/${id}`, { body: { hold: reason } });
  return { ...(body as unknown as { hold: unknown; formerHold: unknown }), status };
};

it('tells of the hold whose place another one takes, and loses none from the history', async () => {
  const id = await complete();
  const by = 'token:owner';
  const held = (reason: string) => expect.objectContaining({ reason, by });
  expect(await hold(id, null)).toMatchObject({ status: 200, hold: null, formerHold: null });
  const first = await hold(id, 'audit');
  expect(first).toMatchObject({ hold: held('audit'), formerHold: null });
  expect(await hold(id, 'audit')).toMatchObject({ hold: first.hold, formerHold: first.hold });
  expect(await hold(id, 'trial')).toMatchObject({ hold: held('trial'), formerHold: first.hold });
  expect(await hold(id, null)).toMatchObject({ hold: null, formerHold: held('trial') });
  expect(await hold(id, null)).toMatchObject({ status: 200, hold: null, formerHold: null });

  const { body } = await api.send('GET', '/v1/audit/events');
  const entries = body.items.filter(({ action }) => /^backup\.(held|released)$/.test(action)).reverse();
  expect(entries).toMatchObject([
    { action: 'backup.held', detail: { backupId: id, reason: 'audit', former: null, formerBy: null } },
    { action: 'backup.held', detail: { backupId: id, reason: 'trial', former: 'audit', formerBy: by } },
    { action: 'backup.released', detail: { backupId: id, reason: null, former: 'trial', formerBy: by } },
  ]);
  expect(entries).toHaveLength(3);
});
