import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { Crc64 } from '#domain/rdb/crc64.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { rdbDatabase, rdbEnd, rdbHead, rdbKey, rdbLength } from '#domain/rdb/writer.js';
import { bootstrapInstallation } from '#operations/installation/bootstrap.js';
import { startTestApi, type TestApi } from '../../support/api.js';
import { eventually } from '../../support/eventually.js';

const within = { withinMs: 10_000 };
const path = '/v1/environments/default/imports';

/** One key whose value is so long. */
const fileOf = (bytes: number): Buffer =>
  Buffer.concat([
    rdbHead(12),
    ...rdbDatabase(0),
    ...rdbKey(Buffer.from('key'), 0, null),
    rdbLength(bytes),
    Buffer.alloc(bytes, 'incompressible?'),
    rdbEnd(),
  ]);

/** As servers write it that make checksums. */
const fileWithChecksum = (bytes: number): Buffer => {
  const body = fileOf(bytes).subarray(0, -8);
  const sum = new Crc64();
  sum.add(body);
  return Buffer.concat([body, sum.digest()]);
};

/** One bit in the middle of a value: every length in the file is as it was. */
const flippedOf = (file: Buffer): Buffer => {
  const at = file.length >> 1;
  file.writeUInt8(file.readUInt8(at) ^ 1, at);
  return file;
};

async function* lastByteChanged(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const whole = await buffer(body);
  whole.writeUInt8(whole.readUInt8(whole.length - 1) ^ 1, whole.length - 1);
  yield whole;
}

async function* brokenOff(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const whole = await buffer(body);
  yield whole.subarray(0, whole.length - 100);
  throw new HoldfastError('backup_store_unreachable', 'The store went away.');
}

describe('an import of a file', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await startTestApi();
    await bootstrapInstallation(api.control, new X509CertificateAuthority());
  });
  afterAll(() => api?.close());

  const stored = async (): Promise<string[]> => {
    const keys: string[] = [];
    const signal = AbortSignal.timeout(5_000);
    for await (const { key } of api.backups.stores.open('default').list('holdfast/', signal)) keys.push(key);
    return keys;
  };
  const send = async (query: string, file: Buffer, headers: Record<string, string> = {}) => {
    const response = await fetch(`${api.url}${path}?${query}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${api.ownerToken}`,
        'content-type': 'application/octet-stream',
        ...headers,
      },
      body: new Uint8Array(file),
    });
    return { response, body: (await response.json()) as Record<string, never> };
  };

  it('is exported again as the same bytes, audited before the first', async () => {
    const file = fileWithChecksum(5_000_000);
    const { response, body } = await send('handle=orders&memoryMb=64', file);
    expect([response.status, body]).toMatchObject([202, { operation: { type: 'restore' } }]);
    const exported = await fetch(`${api.url}/v1/backups/${String(body['backupId'])}/rdb`, {
      headers: { authorization: `Bearer ${api.ownerToken}` },
    });
    expect(Buffer.from(await exported.arrayBuffer()).equals(file)).toBe(true);
    expect(exported.headers.get('content-length')).toBe(String(file.length));
    expect(exported.headers.get('content-disposition')).toMatch(/^attachment; filename="orders-[\d-]+\.rdb"$/);
    const { body: history } = await api.send('GET', '/v1/audit/events?action=backup.exported');
    expect(history.items).toHaveLength(1);
    const head = await api.send('HEAD', `/v1/backups/${String(body['backupId'])}/rdb`);
    expect(head.headers.get('repr-digest')).toBe(`sha-256=:${createHash('sha256').update(file).digest('base64')}:`);
    expect((await api.send('GET', '/v1/audit/events?action=backup.exported')).body.items).toHaveLength(1);
  });

  it('that turns out corrupt when it is exported is cut', async () => {
    const { body } = await send('handle=corrupt&memoryMb=64', fileOf(3_000_000));
    const store = api.backups.stores.open('default');
    const id = String(body['backupId']);
    const signal = AbortSignal.timeout(10_000);
    const key = (await stored()).find((one) => one.includes(id) && one.endsWith('.data')) ?? '';
    const chunks: Buffer[] = [];
    for await (const chunk of await store.get(key, signal)) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
    await store.put(
      key,
      (async function* () {
        yield bytes;
      })(),
      signal,
    );
    const logged = api.log.length;
    const exported = fetch(`${api.url}/v1/backups/${id}/rdb`, {
      headers: { authorization: `Bearer ${api.ownerToken}` },
    }).then((response) => response.arrayBuffer());
    await expect(exported).rejects.toThrow();
    await eventually(() => expect(api.log.slice(logged).join('')).toContain('backup_corrupt'), within);
    expect((await api.send('GET', `/v1/backups/${id}`)).body).toMatchObject({ verification: 'failed' });
    expect((await api.send('GET', '/v1/audit/events?action=backup.condemned')).body.items).toHaveLength(1);
    expect((await api.send('GET', `/v1/backups/${id}/rdb`)).body).toMatchObject({ code: 'backup_unrestorable' });
  });

  it.each(['is changed on the way once', 'meets a store that breaks off'])(
    'that %s is cut, and no more',
    async (what) => {
      const handle = what.replaceAll(' ', '-');
      const { body } = await send(`handle=${handle}&memoryMb=64`, fileOf(3_000_000));
      const id = String(body['backupId']);
      const store = api.backups.stores.open('default');
      const get = store.get.bind(store);
      const logged = api.log.length;
      let reads = 0;
      store.get = async (key, signal) => {
        const whole = await get(key, signal);
        if (!key.endsWith('.data') || reads++ > 0) return whole;
        return what.startsWith('is changed') ? lastByteChanged(whole) : brokenOff(whole);
      };
      const exported = fetch(`${api.url}/v1/backups/${id}/rdb`, {
        headers: { authorization: `Bearer ${api.ownerToken}` },
      }).then((response) => response.arrayBuffer());
      await expect(exported).rejects.toThrow();
      const code = what.startsWith('is changed') ? 'backup_corrupt' : 'backup_store_unreachable';
      await eventually(() => expect(api.log.slice(logged).join('')).toContain(code), within);
      store.get = get;
      expect(reads).toBe(what.startsWith('is changed') ? 2 : 1);
      expect((await api.send('GET', `/v1/backups/${id}`)).body).toMatchObject({ verification: 'unverified' });
    },
  );

  it('is the same import under the same key, and another one for other bytes', async () => {
    const headers = { 'idempotency-key': 'again' };
    const [first, second] = [
      await send('handle=once&memoryMb=64', fileOf(10), headers),
      await send('handle=once-more&memoryMb=64', fileOf(10), headers),
    ];
    expect([first.response.status, second.body]).toMatchObject([202, { code: 'idempotency_key_reused' }]);
    const before = await stored();
    const third = await send('handle=other&memoryMb=64', fileOf(11), { 'idempotency-key': 'third' });
    const other = await send('handle=other&memoryMb=64', fileOf(12), { 'idempotency-key': 'third' });
    expect([third.response.status, other.body]).toMatchObject([202, { code: 'handle_taken' }]);
    expect(await stored()).toHaveLength(before.length + 2);
  });

  it.each([
    ['memoryMb=64', fileOf(10), 'invalid_request'],
    ['handle=orders&memoryMb=64', fileOf(10), 'handle_taken'],
    ['handle=old&version=1.0', fileOf(10), 'version_unknown'],
    ['handle=big&memoryMb=64', fileOf(60_000_000), 'restore_too_small'],
    ['handle=text', Buffer.from('no RDB file'), 'import_invalid'],
    ['handle=flipped', flippedOf(fileWithChecksum(1_000_000)), 'import_invalid'],
  ] as const)('%s is refused, and leaves nothing', async (query, file, code) => {
    const before = await stored();
    expect((await send(query, file)).body).toMatchObject({ code });
    expect(await stored()).toEqual(before);
  });

  it('whose client goes away in the middle leaves nothing', async () => {
    const before = await stored();
    const logged = api.log.length;
    const file = fileOf(20_000_000);
    const sent = httpRequest(`${api.url}${path}?handle=vanished`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${api.ownerToken}`,
        'content-type': 'application/octet-stream',
        'content-length': String(file.length),
      },
    });
    sent.on('error', () => undefined);
    sent.write(file.subarray(0, 10_000_000));
    await once(sent, 'drain');
    sent.destroy();
    await eventually(() => expect(api.log.slice(logged).join('')).toContain('"aborted":true'), within);
    await eventually(async () => expect(await stored()).toEqual(before), within);
    expect((await api.send('GET', '/v1/databases/default%2Fvanished')).status).toBe(404);
  });

  it('needs the permission deploy, and its export sensitive', async () => {
    const token = await api.token('reader', ['read', 'deploy']);
    const { body } = await api.send('GET', '/v1/backups');
    const id = String((body.items[0] as unknown as { id: string }).id);
    expect(await api.send('GET', `/v1/backups/${id}/rdb`, { token })).toMatchObject({ status: 403 });
    const reader = await api.token('only-reader', ['read']);
    const asked = { token: reader, body: { handle: 'no', sourceUrl: 'redis://127.0.0.1' } };
    expect(await api.send('POST', path, asked)).toMatchObject({ status: 403 });
  });

  it.each([
    ['not a url', 'sourceUrl'],
    ['http://127.0.0.1', 'sourceUrl'],
    ['redis://user:SECRET%zz@127.0.0.1', 'sourceUrl'],
    ['redis://:SECRET@127.0.0.1/2', 'sourceUrl'],
  ])('the URL %s is refused without being repeated', async (sourceUrl, field) => {
    const reply = await api.send('POST', path, { body: { handle: 'url', sourceUrl } });
    expect(reply.body).toMatchObject({ code: 'invalid_request', errors: [{ path: field }] });
    expect(reply.text).not.toContain('SECRET');
  });
});
