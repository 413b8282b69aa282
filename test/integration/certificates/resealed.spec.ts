import { randomBytes, X509Certificate, createPrivateKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sentContext, type SentCertificate } from '#operations/certificates/install-own.js';
import { resealAll } from '#operations/secrets/reseal.js';
import { ownCertificateContext, SecretBox, type MasterKey } from '#operations/secrets/secret-box.js';
import { findOperationSecret } from '#persistence/operation-secrets.js';
import { ownCertificatesOf } from '#persistence/own-certificates.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { startScheduler, startWorker, type Closable } from '../../support/fake-workers.js';
import { bringCertificate } from '../../support/own-certificate.js';
import { makeOwnChain, type OwnChain } from '../../support/own-chain.js';
import { create, finished } from '../../support/requests.js';

const keyOf = (version: number): MasterKey => ({ version, key: randomBytes(32) });
const [first, second] = [keyOf(1), keyOf(2)];
const signal = (): AbortSignal => AbortSignal.timeout(10_000);
let installation: FakeInstallation;
let scheduler: Closable;

beforeAll(async () => {
  installation = await createFakeInstallation({ secrets: new SecretBox([first]) });
  scheduler = await startScheduler(installation);
});
afterAll(async () => {
  await scheduler.close();
  await installation.close();
});

const fits = (privateKeyPem: string, { leafPem }: OwnChain): boolean =>
  new X509Certificate(leafPem).checkPrivateKey(createPrivateKey(privateKeyPem));

describe('a new master key', () => {
  it('seals the keys of certificates anew, those that wait for a worker as well, and needs the former one no more', async () => {
    const worker = await startWorker(installation);
    const { databaseId, operationId } = await create(installation, 'resealed');
    await finished(installation, operationId);
    const [shown, waiting] = [await makeOwnChain(), await makeOwnChain()];
    await finished(installation, await bringCertificate(installation, databaseId, shown));
    await worker.close();
    const waitingId = await bringCertificate(installation, databaseId, waiting);

    const { control, store } = installation;
    const both = { ...control, secrets: new SecretBox([first, second]) };
    await resealAll(both, { names: ['default'], open: () => store }, () => Promise.resolve(), signal());

    const alone = new SecretBox([second]);
    const [row] = await ownCertificatesOf(control.db, [databaseId]);
    expect(fits(alone.open(row?.private_key_sealed ?? '', ownCertificateContext(databaseId)), shown)).toBe(true);
    const sealed = (await findOperationSecret(control.db, waitingId)) ?? '';
    const sent = JSON.parse(alone.open(sealed, sentContext(waitingId))) as SentCertificate;
    expect(fits(sent.privateKeyPem, waiting)).toBe(true);
  }, 60_000);
});
