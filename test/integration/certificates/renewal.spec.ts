import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverPaths, serverPorts } from '#domain/server/names.js';
import { sweepCertificates } from '#operations/certificates/sweep.js';
import { trust } from '#operations/server/manager.js';
import { serverOf } from '#operations/server/server.js';
import { findEnvironment } from '#persistence/environments.js';
import { databaseRow, finished, request } from '../../support/requests.js';
import { byHand, containerOf, foundOf, lookoutOn } from '../../support/sweeps.js';
import { createWorkedInstallation, type WorkedInstallation } from '../../support/worked-installation.js';

const patience = 60_000;
const dayMs = 86_400_000;
const times = { renewalDays: 121, warningDays: 30 };
const signal = (): AbortSignal => AbortSignal.timeout(10_000);
let installation: WorkedInstallation;

beforeAll(async () => {
  installation = await createWorkedInstallation('certified');
});
afterAll(() => installation.close());

const shown = async (id: string): Promise<string> => {
  const { control, clients } = installation;
  const database = await databaseRow(installation, id);
  const environment = await findEnvironment(control.db, { id: database.environment_id });
  if (!environment) throw new Error('The environment is missing');
  const server = serverOf(control, database, environment);
  const { installation: row } = await lookoutOn(installation);
  const target = {
    host: server.address,
    port: serverPorts.tls,
    tls: await trust({ control, installation: row }, server),
  };
  return (await clients.presentedCertificate(target, signal())).serialNumber;
};
const renew = async (id: string) =>
  finished(installation, await request(installation, id, { type: 'renew-certificate' }));
const endsIn = (id: string, days: number) =>
  installation.control.db
    .updateTable('databases')
    .set({ certificate_not_after: new Date(Date.now() + days * dayMs) })
    .where('id', '=', id)
    .execute();
const events = async (action: string): Promise<(string | null)[]> =>
  (
    await installation.control.db
      .selectFrom('audit_events')
      .select('database_id')
      .where('action', '=', action)
      .execute()
  ).map((row) => row.database_id);
const sweep = () => sweepCertificates(installation.control, times, () => Promise.resolve());
const renewals = async (): Promise<void> => {
  const open = await installation.control.db
    .selectFrom('operations')
    .select('id')
    .where('kind', '=', 'renew-certificate')
    .where('finished_at', 'is', null)
    .execute();
  for (const { id } of open) await finished(installation, id);
};

describe('a renewal', () => {
  it(
    'makes the server that runs show a new certificate, and records until when it is good',
    async () => {
      const id = await installation.provisioned();
      const before = await shown(id);
      await endsIn(id, 10);
      const { status, receipt } = await renew(id);
      expect(status).toBe('succeeded');
      expect(receipt?.['serialNumber']).toBe(await shown(id));
      expect(await shown(id)).not.toBe(before);
      const { certificate_not_after: notAfter } = await databaseRow(installation, id);
      expect(notAfter?.toISOString()).toBe(receipt?.['notAfter']);
      expect(await foundOf(installation, id)).toEqual([]);
    },
    patience,
  );

  it(
    'of a server that is stopped shows when it starts',
    async () => {
      const id = await installation.provisioned();
      const container = containerOf(installation, id);
      await installation.host.stopContainer(container, 1, signal());
      const { status, receipt } = await renew(id);
      expect(status).toBe('succeeded');
      await installation.host.startContainer(container, signal());
      expect(await shown(id)).toBe(receipt?.['serialNumber']);
    },
    patience,
  );

  it(
    'whose files do not fit leaves the former certificate in force',
    async () => {
      const id = await installation.provisioned();
      const before = await shown(id);
      const other = await installation.provisioned();
      const strange = await installation.host.readFile(
        containerOf(installation, other),
        serverPaths.certificate,
        signal(),
      );
      const file = { path: 'conf/tls/server.crt', content: strange?.toString() ?? '', mode: 0o640, uid: 0, gid: 10999 };
      await installation.host.writeFiles(containerOf(installation, id), serverPaths.root, [file], signal());
      await expect(
        byHand(installation, id, [['CONFIG', 'SET', 'tls-cert-file', serverPaths.certificate]]),
      ).rejects.toThrow('Unable to update TLS configuration');
      expect(await shown(id)).toBe(before);
      expect((await renew(id)).status).toBe('succeeded');
      expect(await shown(id)).not.toBe(before);
    },
    patience,
  );

  it(
    'of a database without a container says what to do',
    async () => {
      const id = await installation.provisioned();
      const owner = { installation: installation.control.installation, subject: id };
      await installation.host.ensureContainerAbsent(containerOf(installation, id), owner, signal());
      expect((await renew(id)).error?.code).toBe('database_not_ready');
      expect((await finished(installation, await request(installation, id, 'reload'))).error).toBeNull();
    },
    patience,
  );
});

describe('the sweep of certificates', () => {
  it(
    'asks for what is due, once, and leaves the rest alone',
    async () => {
      const [due, good] = [await installation.provisioned(), await installation.provisioned()];
      await endsIn(due, 120);
      await endsIn(good, 123);
      expect(await sweep()).toMatchObject({ due: 1, requested: 1, late: 0 });
      await Promise.all([sweep(), sweep()]);
      await renewals();
      expect(await sweep()).toMatchObject({ due: 0, requested: 0, late: 0 });
      const asked = await installation.control.db
        .selectFrom('operations')
        .select('requested_by')
        .where('requested_by', '=', 'sweep:certificates')
        .execute();
      expect(asked).toHaveLength(1);
    },
    patience,
  );

  it(
    'tells once of one that ends soon and could not be renewed, and once that it was',
    async () => {
      const id = await installation.provisioned();
      const owner = { installation: installation.control.installation, subject: id };
      await installation.host.ensureContainerAbsent(containerOf(installation, id), owner, signal());
      await endsIn(id, 20);
      for (let round = 0; round < 3; round++) {
        await sweep();
        await renewals();
      }
      expect(await events('database.certificate-due')).toEqual([id]);
      expect((await finished(installation, await request(installation, id, 'reload'))).error).toBeNull();
      for (let round = 0; round < 2; round++) await sweep();
      expect(await events('database.certificate-alert-ended')).toEqual([id]);
    },
    patience,
  );
});

it('names a key that fits its certificate', async () => {
  const id = await installation.provisioned();
  const pem = await installation.host.readFile(containerOf(installation, id), serverPaths.certificate, signal());
  const { handle } = await databaseRow(installation, id);
  expect(new X509Certificate(pem ?? '').subjectAltName).toContain(`DNS:${handle}`);
});
