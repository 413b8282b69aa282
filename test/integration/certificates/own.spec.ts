import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { serverPaths, serverPorts } from '#domain/server/names.js';
import { sweepCertificates } from '#operations/certificates/sweep.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { trust } from '#operations/server/manager.js';
import { stepsOf } from '#persistence/operations/read.js';
import { findOperationSecret } from '#persistence/operation-secrets.js';
import { ownCertificatesOf } from '#persistence/own-certificates.js';
import { bringCertificate, giveBackCertificate } from '../../support/own-certificate.js';
import { makeOwnChain, type OwnChain } from '../../support/own-chain.js';
import { databaseRow, finished, request } from '../../support/requests.js';
import { refusalOf } from '../../support/refusal-of.js';
import { byHand, containerOf, foundOf, lookoutOn, serverById } from '../../support/sweeps.js';
import { createWorkedInstallation, type WorkedInstallation } from '../../support/worked-installation.js';

const patience = 60_000;
const signal = (): AbortSignal => AbortSignal.timeout(10_000);
let installation: WorkedInstallation;
let chain: OwnChain;

beforeAll(async () => {
  installation = await createWorkedInstallation('own');
});
beforeEach(async () => {
  chain = await makeOwnChain();
});
afterAll(() => installation.close());

const bring = async (id: string, brought = chain) =>
  finished(installation, await bringCertificate(installation, id, brought));
const giveBack = async (id: string) => finished(installation, await giveBackCertificate(installation, id));
const shown = async (id: string): Promise<string> => {
  const { control, clients } = installation;
  const { installation: row } = await lookoutOn(installation);
  const server = await serverById(installation, id);
  const target = {
    host: server.address,
    port: serverPorts.tls,
    tls: await trust({ control, installation: row }, server),
  };
  return (await clients.presentedCertificate(target, signal())).fingerprint256;
};
const fingerprint = (of = chain): string => new X509Certificate(of.leafPem).fingerprint256;
const believed = async (id: string): Promise<string> =>
  String(await installation.host.readFile(containerOf(installation, id), serverPaths.authority, signal()));
const linkOf = async (id: string): Promise<string> =>
  /master_link_status:(\w+)/.exec(String((await byHand(installation, id, [['INFO', 'replication']]))[0]))?.[1] ?? '';
const operate = async (id: string, type: 'restart' | 'reload') =>
  expect((await finished(installation, await request(installation, id, type))).error).toBeNull();

describe('a certificate of one’s own', () => {
  it(
    'is shown without a restart, recorded, and outlives restarts and reloads',
    async () => {
      const id = await installation.provisioned();
      const operation = await bring(id);
      expect(operation).toMatchObject({ status: 'succeeded', error: null, parameters: { certificate: 'own' } });
      expect(await shown(id)).toBe(fingerprint());
      const { certificate_not_after: notAfter } = await databaseRow(installation, id);
      expect(notAfter).toEqual(new Date(new X509Certificate(chain.leafPem).validTo));
      await operate(id, 'restart');
      expect(await shown(id)).toBe(fingerprint());
      await operate(id, 'reload');
      expect(await shown(id)).toBe(fingerprint());
      expect((await databaseRow(installation, id)).certificate_not_after).toEqual(notAfter);
      expect(await foundOf(installation, id)).toEqual([]);
      const { rows } = await sql<{ body: { detail: unknown } }>`
        SELECT body::jsonb AS body FROM audit_events WHERE action = 'certificate.changed' AND database_id = ${id}`.execute(
        installation.control.db,
      );
      expect(rows).toMatchObject([{ body: { detail: { by: 'operator', fingerprint256: fingerprint() } } }]);
    },
    patience,
  );

  it(
    'is replaced by another one, and gives way to one of Holdfast',
    async () => {
      const id = await installation.provisioned();
      await bring(id);
      const other = await makeOwnChain({ commonName: 'other.example.com' });
      expect((await bring(id, other)).error).toBeNull();
      expect(await shown(id)).toBe(fingerprint(other));
      expect(await believed(id)).toContain(other.rootPem);
      expect(await believed(id)).not.toContain(chain.rootPem);
      expect((await giveBack(id)).error).toBeNull();
      expect(await shown(id)).not.toBe(fingerprint(other));
      expect(await believed(id)).not.toContain(other.rootPem);
      expect(await ownCertificatesOf(installation.control.db, [id])).toEqual([]);
      expect(await refusalOf(giveBackCertificate(installation, id))).toBe('certificate_not_own');
      expect(
        (await finished(installation, await request(installation, id, { type: 'renew-certificate' }))).error,
      ).toBeNull();
    },
    patience,
  );

  it(
    'has its key sealed only, and nowhere when the database is gone',
    async () => {
      const id = await installation.provisioned();
      const { id: operationId } = await bring(id);
      const { db } = installation.control;
      expect(await findOperationSecret(db, operationId)).toBeUndefined();
      const { rows } = await sql<{ text: string }>`
        SELECT database_to_xml(true, false, '')::text AS text`.execute(db);
      const body = chain.privateKeyPem.split('\n')[1] ?? '';
      expect(body).toMatch(/^\S{64}$/);
      expect(rows[0]?.text).toContain('CN=redis.example.com');
      expect(rows[0]?.text).not.toContain(body);
      await finished(installation, await request(installation, id, 'deprovision'));
      expect(await ownCertificatesOf(db, [id])).toEqual([]);
    },
    patience,
  );
});

describe('authorities of one name', () => {
  it(
    'that do not identify their keys are told apart beforehand, and may follow one of Holdfast',
    async () => {
      const primary = await installation.provisioned();
      const replica = await installation.replicaOf(primary);
      const [first, second] = [await makeOwnChain({ identified: false }), await makeOwnChain({ identified: false })];
      expect((await bring(primary, first)).error).toBeNull();
      for (const [id, brought] of [
        [primary, second],
        [primary, chain],
        [replica, second],
      ] as const) {
        expect(await refusalOf(bringCertificate(installation, id, brought))).toBe('certificate_authority_ambiguous');
      }
      expect((await bring(primary, first)).error).toBeNull();
      expect((await giveBack(primary)).error).toBeNull();
      expect((await bring(primary, second)).error).toBeNull();
      expect(await shown(primary)).toBe(fingerprint(second));
      expect(await linkOf(replica)).toBe('up');
    },
    patience,
  );
});

describe('in a replication tree', () => {
  it(
    'it is believed by those that follow, before and after, and they keep their own',
    async () => {
      const primary = await installation.provisioned();
      const former = await installation.replicaOf(primary);
      expect((await bring(primary)).error).toBeNull();
      expect(await linkOf(former)).toBe('up');
      await operate(former, 'restart');
      expect(await linkOf(former)).toBe('up');
      const later = await installation.replicaOf(primary);
      expect(await linkOf(later)).toBe('up');
      expect(await shown(later)).not.toBe(fingerprint());
      for (const id of [primary, former, later]) expect(await believed(id)).toContain(chain.rootPem);
      expect(
        (await finished(installation, await request(installation, former, { type: 'promote', mode: 'strict' }))).error,
      ).toBeNull();
      expect(await linkOf(primary)).toBe('up');
      expect(await shown(primary)).toBe(fingerprint());
      expect((await giveBack(primary)).error).toBeNull();
      for (const id of [primary, former, later]) {
        expect(await believed(id)).not.toContain(chain.rootPem);
        expect(await foundOf(installation, id)).toEqual([]);
      }
    },
    patience,
  );
});

describe('a certificate that cannot be brought', () => {
  it(
    'leaves the former one and no key, and is not retried without the key',
    async () => {
      const id = await installation.provisioned();
      const before = await shown(id);
      const owner = { installation: installation.control.installation, subject: id };
      await installation.host.ensureContainerAbsent(containerOf(installation, id), owner, signal());
      const operation = await bring(id);
      expect(operation).toMatchObject({ status: 'failed', error: { code: 'database_not_ready' } });
      expect(await findOperationSecret(installation.control.db, operation.id)).toBeUndefined();
      expect(await ownCertificatesOf(installation.control.db, [id])).toEqual([]);
      await operate(id, 'reload');
      expect(await shown(id)).not.toBe(before);
      expect(await shown(id)).not.toBe(fingerprint());
      const { control } = installation;
      const retried = control.db.transaction().execute((tx) => retryOperation(control, tx, 'test', operation.id));
      expect(await refusalOf(retried)).toBe('certificate_key_gone');
    },
    patience,
  );

  it(
    'because the server does not take it is taken back everywhere',
    async () => {
      const primary = await installation.provisioned();
      const replica = await installation.replicaOf(primary);
      const before = await shown(primary);
      const { clients } = installation;
      let hold = clients.faults.hold('connect');
      const operationId = await bringCertificate(installation, primary, chain);
      try {
        // Both servers are told whom to believe, then the one is told to load it, and then it is looked at.
        for (let connection = 1; connection <= 4; connection++) {
          await hold.reached;
          const former = hold;
          if (connection < 4) hold = clients.faults.hold('connect');
          else clients.faults.failNext('connect', new HoldfastError('database_not_ready', 'made up'));
          former.release();
        }
      } finally {
        // Whatever failed: a worker that is held does not end.
        hold.release();
      }
      expect((await finished(installation, operationId)).error).toMatchObject({ detail: 'made up', leftBehind: [] });
      const steps = await stepsOf(installation.control.db, [operationId]);
      expect(steps.map(({ name }) => name)).toEqual(['accept', 'admit', 'write', 'load', 'check']);
      expect(await shown(primary)).not.toBe(fingerprint());
      expect(await shown(primary)).not.toBe(before);
      for (const id of [primary, replica]) expect(await believed(id)).not.toContain(chain.rootPem);
      expect(await linkOf(replica)).toBe('up');
    },
    patience,
  );
});

describe('the sweep of certificates', () => {
  it(
    'does not renew it and tells once before it ends; a renewal by hand is refused',
    async () => {
      const id = await installation.provisioned();
      await bring(id, await makeOwnChain({ ends: 20 }));
      const sweep = () =>
        sweepCertificates(installation.control, { renewalDays: 121, warningDays: 30 }, () => Promise.resolve());
      expect(await sweep()).toMatchObject({ due: 0, requested: 0, late: 1, alertChanges: 1 });
      expect(await sweep()).toMatchObject({ due: 0, requested: 0, late: 1, alertChanges: 0 });
      expect(await refusalOf(request(installation, id, { type: 'renew-certificate' }))).toBe('certificate_is_own');
      await giveBack(id);
      expect(await sweep()).toMatchObject({ due: 0, late: 0, alertChanges: 1 });
    },
    patience,
  );
});
