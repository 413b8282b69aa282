import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { sourceContext } from '#operations/backup/import/source-url.js';
import type { Control } from '#operations/control.js';
import { bootstrapInstallation } from '#operations/installation/bootstrap.js';
import { resealAll } from '#operations/secrets/reseal.js';
import { SecretBox, type MasterKey } from '#operations/secrets/secret-box.js';
import { findOperationSecret } from '#persistence/operation-secrets.js';
import { createApiOn, startTestApi, type TestApi } from '../../support/api.js';

const keyOf = (version: number): MasterKey => ({ version, key: randomBytes(32) });
const [first, second] = [keyOf(1), keyOf(2)];
let onFile: readonly MasterKey[] = [first];
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({ secrets: new SecretBox([first]), keysOnFile: () => onFile });
});
afterAll(() => api.close());

const ask = (kind: string) => api.send('POST', '/v1/sweeps', { body: { kind } });
const reseal = (control: Control = api.control) =>
  resealAll(
    control,
    { names: [], open: () => Promise.reject(new Error('no store')) as never },
    () => Promise.resolve(),
    AbortSignal.timeout(10_000),
  );

describe('a sweep of keys before the restart that loads the new one', () => {
  it.each([
    ['a version that was added', () => [first, second]],
    ['another key of the same version', () => [keyOf(1)]],
  ])('is refused, with %s: by the API, and by the worker', async (_, now) => {
    onFile = now();
    const { status, body } = await ask('keys');
    expect([status, body.code]).toEqual([503, 'master_key_not_loaded']);
    await expect(reseal()).rejects.toMatchObject({ code: 'master_key_not_loaded' });
    expect((await ask('drift')).status).toBe(202);
  });

  it('is made when all that is in the file is loaded, of which a line may be gone', async () => {
    for (const now of [[first], []]) {
      onFile = now;
      expect((await ask('keys')).status).toBe(202);
      await expect(reseal()).resolves.toMatchObject({ resealed: { credential: 0, backup: 0 }, left: [] });
    }
  });
});

describe('a new master key', () => {
  const both = new SecretBox([first, second]);
  const alone = new SecretBox([second]);

  it('seals stored answers anew, so that a repeated request is answered without the former one', async () => {
    const headers = { 'idempotency-key': 'repeated' };
    const repeated = { headers, body: { name: 'repeated', permissions: ['read'] } };
    const made = await api.send('POST', '/v1/tokens', repeated);
    await reseal({ ...api.control, secrets: both });
    const later = await createApiOn({ ...api.control, secrets: alone }, api.databaseUrl, api.ownerToken);
    try {
      const replayed = await later.send('POST', '/v1/tokens', repeated);
      expect([replayed.status, replayed.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
      expect(replayed.body).toEqual(made.body);
    } finally {
      await later.close();
    }
  });

  it('leaves out answers that are no longer honoured, whose key may be gone', async () => {
    await api.send('POST', '/v1/tokens', {
      headers: { 'idempotency-key': 'old' },
      body: { name: 'old', permissions: ['read'] },
    });
    const dayBefore = new Date(Date.now() - 25 * 3_600_000);
    await api.control.db
      .updateTable('idempotency_keys')
      .set({ created_at: dayBefore, body: JSON.stringify('0:gone') })
      .where('key', '=', 'old')
      .execute();
    await expect(reseal({ ...api.control, secrets: both })).resolves.toMatchObject({
      resealed: { answer: 0 },
      left: [],
    });
  });

  it('seals the source of an import that waits for a worker anew', async () => {
    const sourceUrl = 'redis://reader:secret@redis.example.com';
    await bootstrapInstallation(api.control, new X509CertificateAuthority());
    const asked = await api.send('POST', '/v1/environments/default/imports', { body: { handle: 'waits', sourceUrl } });
    const operationId = asked.body.operation.id;
    await reseal({ ...api.control, secrets: both });
    const sealed = (await findOperationSecret(api.control.db, operationId)) ?? '';
    expect(JSON.parse(alone.open(sealed, sourceContext(operationId)))).toMatchObject({ sourceUrl });
  });
});
