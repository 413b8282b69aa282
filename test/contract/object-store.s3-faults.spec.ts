import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { S3Store } from '#engine/stores/s3-store.js';
import { usualTimeouts } from '#engine/stores/s3-client.js';
import { eventually } from '../support/eventually.js';
import { FaultyProxy, type Fault } from '../support/faulty-proxy.js';
import { S3Server, s3Credentials } from '../support/s3-server.js';
import { bytesOf, calm, chunked, expectCode, expectSame, halting, keysOf, put, read } from './object-store.fixture.js';

/** What a bucket at the end of a bad line does to the store. */

const large = bytesOf(21_000_001);
const timeouts = { connectMs: 300, idleMs: 1_000, attemptMs: 2_000, callMs: 8_000 };
const place = { region: 'us-east-1', prefix: 'p', credentials: s3Credentials, ca: null, forcePathStyle: true };

let server: S3Server;
let proxy: FaultyProxy;
let store: S3Store;
/** Past the proxy. */
let straight: S3Store;

beforeAll(async () => {
  server = await S3Server.start();
  straight = new S3Store({ ...place, bucket: server.bucket, endpoint: server.endpoint });
}, 30_000);
afterAll(() => server.close(), 30_000);
beforeEach(async () => {
  proxy = await FaultyProxy.open(server.port);
  store = new S3Store({ ...place, bucket: server.bucket, endpoint: proxy.endpoint }, timeouts);
  for (const key of await keysOf(straight)) await straight.remove(key, calm);
  await straight.removeUnfinished('', new Date(Date.now() + 60_000), calm);
});
afterEach(() => proxy.close());

const isPart = (request: IncomingMessage): boolean => /partNumber=2/.test(request.url ?? '');
const isAbort = (request: IncomingMessage): boolean => request.method === 'DELETE';
const isGet = (request: IncomingMessage): boolean => request.method === 'GET';
const expectNothingLeft = async (): Promise<void> => {
  expect(await keysOf(straight)).toEqual([]);
  expect(await server.unfinished()).toEqual([]);
  await eventually(() => expect(server.halves()).toEqual([]), { withinMs: 5_000 });
};

describe('trouble that passes', () => {
  it.each<[string, Fault, number]>([
    ['500s', { kind: 'answer', status: 500, code: 'InternalError' }, 2],
    ['503 SlowDown', { kind: 'answer', status: 503, code: 'SlowDown' }, 2],
    ['a request that is cut', { kind: 'cut-request', afterBytes: 1_000_000 }, 1],
    ['a server that does not answer', { kind: 'silence' }, 1],
  ])(
    '%s: a part is sent again',
    async (_, fault, times) => {
      proxy.set({ fault, times, only: isPart });
      await put(store, 'large', large);
      expectSame(await read(straight, 'large'), large);
      expect(proxy.seen.filter((line) => line.includes('partNumber=2')).length).toBeGreaterThan(times);
      expect(await server.unfinished()).toEqual([]);
    },
    20_000,
  );

  it('a lost answer to the last call of an upload does not fail it', async () => {
    const isComplete = ({ method, url }: IncomingMessage): boolean => method === 'POST' && /uploadId=/.test(url ?? '');
    proxy.set({ fault: { kind: 'lose-answer' }, times: 1, only: isComplete });
    await put(store, 'large', large);
    expectSame(await read(straight, 'large'), large);
    expect(proxy.seen.filter((line) => /^POST .*uploadId=/.test(line)).length).toBeGreaterThan(1);
  }, 20_000);

  it('of each other call is tried again too', async () => {
    for (const work of [
      () => put(store, 'small', 'small'),
      async () => expect((await read(store, 'small')).toString()).toBe('small'),
      async () => expect(await keysOf(store)).toEqual(['small']),
      async () => expect(await store.find('small', calm)).toMatchObject({ bytes: 5 }),
      async () => expect(await store.removeUnfinished('', new Date(), calm)).toBe(0),
      () => store.remove('small', calm),
    ]) {
      proxy.set({ fault: { kind: 'answer', status: 500, code: 'InternalError' }, times: 1 });
      await work();
    }
    await expectNothingLeft();
  }, 20_000);
});

describe('trouble that stays', () => {
  it.each<[string, Fault]>([
    ['500s', { kind: 'answer', status: 500, code: 'InternalError' }],
    ['503 SlowDown', { kind: 'answer', status: 503, code: 'SlowDown' }],
    ['requests that are cut', { kind: 'cut-request', afterBytes: 1_000_000 }],
    ['a server that does not answer', { kind: 'silence' }],
  ])(
    '%s: the upload fails and is taken back',
    async (_, fault) => {
      proxy.set({ fault, only: isPart });
      await expectCode(put(store, 'large', large), 'backup_store_unreachable');
      proxy.set(null);
      await expectNothingLeft();
    },
    30_000,
  );

  it('an upload that cannot even be taken back is found later', async () => {
    const full = { kind: 'answer', status: 507, code: 'InsufficientStorage' } as const;
    proxy.set({ fault: full, only: (request) => isPart(request) || isAbort(request) });
    await expectCode(put(store, 'one', large), 'backup_store_full');
    await expectCode(put(store, 'two', large), 'backup_store_full');
    await expectCode(put(store, 'three', large), 'backup_store_full');
    proxy.set(null);
    expect(await server.unfinished()).toHaveLength(3);
    expect(await store.removeUnfinished('', new Date(Date.now() - 60_000), calm)).toBe(0);
    expect(await store.removeUnfinished('t', new Date(Date.now() + 60_000), calm)).toBe(2);
    expect(await server.unfinished()).toHaveLength(1);
    expect(await store.removeUnfinished('', new Date(Date.now() + 60_000), calm)).toBe(1);
    await expectNothingLeft();
  }, 30_000);

  it('ends each other call', async () => {
    proxy.set({ fault: { kind: 'silence' } });
    const deadline = performance.now() + 25_000;
    await Promise.all([
      expectCode(put(store, 'small', 'small'), 'backup_store_unreachable'),
      expectCode(store.get('small', calm), 'backup_store_unreachable'),
      expectCode(keysOf(store), 'backup_store_unreachable'),
      expectCode(store.find('small', calm), 'backup_store_unreachable'),
      expectCode(store.remove('small', calm), 'backup_store_unreachable'),
      expectCode(store.removeUnfinished('', new Date(), calm), 'backup_store_unreachable'),
    ]);
    expect(performance.now()).toBeLessThan(deadline);
  }, 30_000);

  it('a server that is down is unreachable, and reached again when it is back', async () => {
    await proxy.down();
    await expectCode(put(store, 'small', 'small'), 'backup_store_unreachable');
    await expectCode(keysOf(store), 'backup_store_unreachable');
    await proxy.up();
    await put(store, 'small', 'small');
  }, 30_000);

  it('a server that goes in the middle of an upload is unreachable', async () => {
    const { body, reached, goOn } = halting(large);
    const ended = expectCode(store.put('large', body, calm), 'backup_store_unreachable');
    await reached;
    await proxy.down();
    goOn();
    await ended;
    expect(await keysOf(straight)).toEqual([]);
  }, 30_000);

  it('a list whose answer stands still does not hang', async () => {
    await put(straight, 'small', 'small');
    proxy.set({ fault: { kind: 'stall-answer', afterBytes: 100 } });
    await expectCode(keysOf(store), 'backup_store_unreachable');
  }, 30_000);
});

describe('bytes that change on the way', () => {
  it('to the bucket are never stored', async () => {
    proxy.set({ fault: { kind: 'flip-request', at: 5_000_000 }, only: isPart });
    await expectCode(put(store, 'large', large), 'backup_store_unreachable');
    proxy.set({ fault: { kind: 'flip-request', at: 3 } });
    await expectCode(put(store, 'small', 'small'), 'backup_store_unreachable');
    await expectNothingLeft();
  }, 30_000);

  it('from the bucket come through, for the reader to find by its own hash', async () => {
    await put(straight, 'small', 'small');
    proxy.set({ fault: { kind: 'flip-answer', at: 0 }, only: isGet });
    expect((await read(store, 'small')).toString()).toBe('rmall');
  });
});

describe('a body that is read', () => {
  beforeEach(() => put(straight, 'large', large), 30_000);

  it.each<[string, Fault]>([
    ['is cut', { kind: 'cut-answer', afterBytes: 3_000_000 }],
    ['stands still', { kind: 'stall-answer', afterBytes: 3_000_000 }],
    ['ends too early without a word', { kind: 'shorten-answer', afterBytes: 3_000_000 }],
  ])(
    'and %s never looks whole',
    async (_, fault) => {
      proxy.set({ fault, only: isGet });
      await expectCode(read(store, 'large'), 'backup_store_unreachable');
    },
    20_000,
  );

  it('ends with the reader that is aborted', async () => {
    const abort = new AbortController();
    proxy.set({ fault: { kind: 'stall-answer', afterBytes: 100_000 }, only: isGet });
    const patient = { ...usualTimeouts, connectMs: 300 };
    const { bucket } = server;
    const waiting = read(new S3Store({ ...place, bucket, endpoint: proxy.endpoint }, patient), 'large', abort.signal);
    const ended = expect(waiting).rejects.toThrow('enough');
    setImmediate(() => abort.abort(new Error('enough')));
    await ended;
  }, 10_000);

  it('may take its time where the reader does', async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of await store.get('large', calm)) {
      if (chunks.length === 1) await new Promise((resolve) => setTimeout(resolve, timeouts.idleMs * 3));
      chunks.push(chunk);
    }
    expectSame(Buffer.concat(chunks), large);
  }, 20_000);
});

describe('a bucket that refuses', () => {
  const other = (change: object): S3Store =>
    new S3Store({ ...place, bucket: server.bucket, endpoint: server.endpoint, ...change }, timeouts);

  it.each([
    ['an unknown key', { credentials: { accessKeyId: 'nobody', secretAccessKey: 'x' } }],
    ['a bucket that is not there', { bucket: 'nowhere' }],
  ])(
    '%s',
    async (_, change) => {
      const refused = other(change);
      for (const work of [
        () => put(refused, 'small', 'small'),
        () => refused.put('large', chunked(large), calm),
        () => refused.get('small', calm),
        () => refused.find('small', calm),
        () => keysOf(refused),
      ]) {
        await expectCode(work(), 'backup_store_refused');
      }
      await expectNothingLeft();
    },
    20_000,
  );

  it('and one that says nothing of why', async () => {
    proxy.set({ fault: { kind: 'answer', status: 403, code: 'AccessDenied' } });
    await expectCode(put(store, 'small', 'small'), 'backup_store_refused');
    expect(proxy.seen).toHaveLength(1);
    const secret = { ...s3Credentials, secretAccessKey: 'canary' };
    const wrong = new S3Store({ ...place, bucket: server.bucket, endpoint: proxy.endpoint, credentials: secret });
    proxy.set({ fault: { kind: 'answer', status: 403, code: 'SignatureDoesNotMatch' } });
    const error: unknown = await put(wrong, 'small', 'small').catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/backup_store_refused(?!.*canary)/);
  });
});
