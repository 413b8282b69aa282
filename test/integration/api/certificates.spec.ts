import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { bootstrapInstallation } from '#operations/installation/bootstrap.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { makeOwnChain, type OwnChain } from '../../support/own-chain.js';

let api: TestApi;
let chain: OwnChain;
let stranger: OwnChain;
let id: string;

beforeAll(async () => {
  api = await startTestApi();
  await bootstrapInstallation(api.control, new X509CertificateAuthority());
  chain = await makeOwnChain({ ipAddresses: [api.control.advertisedHost] });
  stranger = await makeOwnChain();
  const { body } = await api.send('POST', '/v1/environments/default/databases', { body: { handle: 'orders' } });
  id = String(body.database.id);
});
afterAll(() => api.close());

const upload = ({ certificatePem, privateKeyPem }: OwnChain) => ({ certificatePem, privateKeyPem });
const path = '/v1/databases/default%2Forders/certificate';
const put = (body: object, token?: string) =>
  api.send('PUT', path, { body, ...(token === undefined ? {} : { token }) });
const codeOf = async (asked: ReturnType<typeof put>) => {
  const { status, body } = await asked;
  return [status, body.code];
};
const ready = () =>
  api.control.db.updateTable('databases').set({ status: 'provisioned' }).where('id', '=', id).execute();

describe('a certificate of one’s own, over HTTP', () => {
  it('is not taken before the database is ready', async () => {
    expect(await codeOf(put(upload(chain)))).toEqual([409, 'database_not_ready']);
    await ready();
  });

  it.each<[string, (good: OwnChain) => object, number, string]>([
    ['nothing', () => ({}), 400, 'invalid_request'],
    ['more than it takes', (good) => ({ ...upload(good), days: 1 }), 400, 'invalid_request'],
    ['too much', (good) => ({ ...upload(good), certificatePem: 'x'.repeat(65_537) }), 400, 'invalid_request'],
    ['too long a key', (good) => ({ ...upload(good), privateKeyPem: 'x'.repeat(16_385) }), 400, 'invalid_request'],
    ['no certificate', (good) => ({ ...upload(good), certificatePem: 'x' }), 422, 'certificate_unreadable'],
    ['no root', (good) => ({ ...upload(good), certificatePem: good.leafPem }), 422, 'certificate_chain_incomplete'],
    [
      'another key',
      (good) => ({ ...upload(good), privateKeyPem: stranger.privateKeyPem }),
      422,
      'certificate_key_mismatch',
    ],
  ])('is refused with %s', async (_what, body, status, code) => {
    expect(await codeOf(put(body(chain)))).toEqual([status, code]);
  });

  it('of another host is taken when the handle is typed, and not else', async () => {
    const other = upload(stranger);
    const { status, body } = await put(other);
    expect([status, body.code]).toEqual([422, 'confirmation_required']);
    expect(body.detail).toContain(
      `redis.example.com, and the URLs of this database name ${api.control.advertisedHost}`,
    );
    expect(await codeOf(put({ ...other, confirm: 'sales' }))).toEqual([422, 'confirmation_required']);
    expect((await put({ ...other, confirm: 'orders' })).status).toBe(202);
  });

  it('asks for the permission to operate', async () => {
    const token = await api.token('reader', ['read']);
    expect(await codeOf(put(upload(chain), token))).toEqual([403, 'permission_denied']);
    expect((await api.send('DELETE', path, { token })).status).toBe(403);
    expect((await api.send('GET', path, { token })).status).toBe(200);
  });

  it('is an operation whose key is in no answer, log, parameter or event', async () => {
    const { status, body, headers } = await put(upload(chain), await api.token('operator', ['ops']));
    expect([status, body]).toMatchObject([
      202,
      { type: 'renew-certificate', status: 'queued', parameters: { certificate: 'own' } },
    ]);
    expect(headers.get('location')).toBe(`/v1/operations/${String(body.id)}`);
    const { body: history } = await api.send('GET', '/v1/audit/events?action=renew-certificate.requested');
    expect(history.items.at(-1) ?? history.items[0]).toMatchObject({
      detail: {
        certificate: 'own',
        subject: 'CN=redis.example.com',
        names: expect.arrayContaining(['redis.example.com']),
      },
    });
    const line = chain.privateKeyPem.split('\n')[1] ?? '';
    const { rows } = await sql<{ text: string }>`SELECT database_to_xml(true, false, '')::text AS text`.execute(
      api.control.db,
    );
    expect(rows[0]?.text).toContain(String(body.id));
    for (const text of [JSON.stringify([body, history]), rows[0]?.text, api.log.join('')])
      expect(text).not.toContain(line);
  });

  it('is not given back where there is none, and says whose it is', async () => {
    expect((await api.send('DELETE', path)).body.code).toBe('certificate_not_own');
    const { body } = await api.send('GET', path);
    expect(body).toMatchObject({ databaseId: id, by: 'holdfast', subject: null, fingerprint256: null });
    expect((await api.send('GET', `/v1/databases/${id}`)).body.ownCertificate).toBeNull();
    expect((await api.send('GET', '/v1/databases/default%2Fnothing/certificate')).body.code).toBe('database_not_found');
  });
});
