import { createHash } from 'node:crypto';
import { readFile, stat, writeFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import type { Import } from '#contracts/http/imports.js';
import type { Backup } from '#contracts/http/backups.js';
import type { Page } from '#contracts/http/page.js';
import { Cli } from '../support/cli.js';
import { freePort } from '../support/free-ports.js';
import { ForeignRedis, readerRights } from '../support/foreign-redis.js';
import { Live } from '../support/live.js';
import { collectPlaces, placesWith } from '../support/secret-search.js';
import { everyType, contentsOf } from '../support/every-type.js';
import { loadedFile } from '../integration/backups/loaded-file.js';

jest.setTimeout(300_000);

const canary = 'CanaryOfTheSource7f3a9c';
/** More than a server has when nobody has chosen how many. */
const deepest = 40;
const manyKeys = 100_000;
const binaryKey = Buffer.from([0, 255, 10, 13, 128, 1]);

describe('an import', () => {
  let live: Live;
  let source: ForeignRedis;
  let cli: Cli;

  beforeAll(async () => {
    live = await Live.start();
    const { url, token } = live.installation;
    cli = new Cli({ HOLDFAST_URL: url, HOLDFAST_TOKEN: token, SOURCE: '' });
    source = await ForeignRedis.start(canary, [`reader on >${canary} ${readerRights}`], ['databases 64']);
    await everyType(source.client);
    await source.client.select(3);
    await source.client.set(binaryKey, Buffer.from([1, 0, 2]));
    await source.client.set('brief', 'yes', 'PX', 3_600_000);
    await source.client.eval(`for i = 1, ${String(manyKeys)} do redis.call('SET', 'many:' .. i, 'v' .. i) end`, 0);
    await source.client.select(deepest);
    await source.client.set('deep', 'down');
    await source.client.select(0);
  });
  afterAll(async () => {
    await source?.close();
    await live?.close();
  });

  const clientOf = async (id: string, db = 0): Promise<Redis> => {
    const { username, password, doors } = await live.reveal(id);
    const door = doors.find(({ type, follows }) => type === 'redis' && follows === 'database');
    return new Redis({ host: '127.0.0.1', port: door?.port ?? 0, username, password, db });
  };
  /** Every key of both databases, compared with an independent client. */
  const expectEqual = async (id: string): Promise<void> => {
    for (const db of [0, 3, deepest]) {
      const [imported, original] = [await clientOf(id, db), source.client.duplicate({ db, lazyConnect: false })];
      try {
        expect(await imported.dbsize()).toBe(await original.dbsize());
        if (db === 0) expect(await contentsOf(imported)).toEqual(await contentsOf(original));
        else if (db === deepest) expect(await imported.get('deep')).toBe('down');
        else {
          expect(await imported.getBuffer(binaryKey)).toEqual(Buffer.from([1, 0, 2]));
          expect(Math.abs((await imported.pttl('brief')) - (await original.pttl('brief')))).toBeLessThan(5_000);
          const numbers = Array.from({ length: manyKeys }, (_, index) => index + 1);
          const values = await imported.mget(numbers.map((number) => `many:${String(number)}`));
          expect(values.filter((value, index) => value !== `v${String(index + 1)}`)).toEqual([]);
        }
      } finally {
        imported.disconnect();
        original.disconnect();
      }
    }
  };
  const wanted = (handle: string, more: object) => ({ handle, memoryMb: 128, ...more });
  const path = '/v1/environments/default/imports';
  const over = (user: string, password = canary, port = source.tlsPort) =>
    `rediss://${user}:${password}@127.0.0.1:${String(port)}`;
  const fetched = async (handle: string, more: object) => {
    const { operation, backupId } = await live.ask<Import>('POST', path, wanted(handle, more));
    return { backupId, ended: await live.finished(operation.id), operationId: operation.id };
  };

  it('of a user who may read keys only takes them one by one', async () => {
    const { ended } = await fetched('scanned', { sourceUrl: over('reader'), tlsCaPem: source.caPem });
    expect(ended).toMatchObject({
      status: 'succeeded',
      receipt: { method: 'scan', isSnapshot: false, source: { host: '127.0.0.1', tls: 'verified' } },
    });
    await expectEqual(String(ended.receipt?.databaseId));
  });

  it('of a user who may copy the server is a snapshot', async () => {
    const { ended } = await fetched('copied', { sourceUrl: over('default'), tlsCaPem: source.caPem });
    expect(ended).toMatchObject({ status: 'succeeded', receipt: { method: 'replication', isSnapshot: true } });
    await expectEqual(String(ended.receipt?.databaseId));
  });

  it('says what is wrong with a source, and leaves nothing', async () => {
    const { caPem, port, tlsPort } = source;
    const refused: [string, object, string][] = [
      ['wrong-password', { sourceUrl: over('reader', 'wrong'), tlsCaPem: caPem }, 'import_source_refused'],
      ['unknown-authority', { sourceUrl: over('reader') }, 'import_source_refused'],
      ['no-tls', { sourceUrl: over('reader', canary, port), tlsCaPem: caPem }, 'import_source_refused'],
      ['tls-only', { sourceUrl: `redis://127.0.0.1:${String(tlsPort)}` }, 'import_source_'],
      ['nobody', { sourceUrl: `redis://127.0.0.1:${String(await freePort())}` }, 'import_source_unreachable'],
      ['no-host', { sourceUrl: 'redis://no-such-host.invalid' }, 'import_source_unreachable'],
    ];
    await Promise.all(
      refused.map(async ([handle, more, code]) => {
        const { ended, backupId } = await fetched(handle, more);
        expect([handle, ended.status, ended.error?.code]).toEqual([handle, 'failed', expect.stringContaining(code)]);
        expect(await live.ask<Backup>('GET', `/v1/backups/${backupId}`)).toMatchObject({ status: 'failed' });
        expect(await storedBelow(backupId)).toEqual([]);
      }),
    );
  });

  it('is not retried, since its URL is forgotten', async () => {
    const { operationId } = await fetched('gone', { sourceUrl: over('reader', 'wrong'), tlsCaPem: source.caPem });
    expect(await live.refusal('POST', `/v1/operations/${operationId}/retry`)).toMatchObject({
      code: 'import_not_retryable',
    });
  });

  const storedBelow = async (backupId: string): Promise<string[]> => {
    const entries = await readdir(live.installation.home, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && entry.parentPath.includes(backupId)).map(({ name }) => name);
  };

  it('writes the password down nowhere', async () => {
    const places = await collectPlaces(live);
    expect(placesWith(places, canary)).toEqual([]);
    expect(places.get('table public.operation_secrets')).toBe('');
  });

  it('of an exported file holds the same, and Redis itself loads that file', async () => {
    const { items } = await live.ask<Page<Backup>>('GET', '/v1/backups?limit=50');
    const backup = items.find(({ handle, status }) => handle === 'scanned' && status === 'complete');
    const file = join(live.installation.home, 'exported.rdb');
    expect(await cli.run(`backup:export ${backup?.id ?? ''} --file ${file}`)).toMatchObject({ exitCode: 0 });
    expect((await stat(file)).size).toBe(backup?.clearBytes);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const bytes = await readFile(file);
    const loaded = await loadedFile('holdfast/redis:8.0', bytes);
    expect(loaded.verdict).toContain('RDB looks OK');
    expect(loaded.keys).toBe(await source.client.dbsize());
    const imported = await cli.json<{ database: { id: string }; backupId: string }>(
      `backup:import from-file --file ${file} --container-size 128`,
    );
    await expectEqual(imported.database.id);
    const again = await live.send('GET', `/v1/backups/${imported.backupId}/rdb`);
    expect(again.headers.get('repr-digest')).toBe(`sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`);
    expect(await live.ask<Page<{ action: string }>>('GET', '/v1/audit/events?action=backup.exported')).toMatchObject({
      items: [{}, {}],
    });
  });

  it('refuses a file that is cut, none, or too new, and leaves nothing', async () => {
    const file = await readFile(join(live.installation.home, 'exported.rdb'));
    const before = await objects();
    const cases: [string, Buffer, string][] = [
      ['cut', file.subarray(0, -20), 'import_invalid'],
      ['flipped', flipped(file), 'import_invalid'],
      ['none', Buffer.from('<!doctype html>'), 'import_invalid'],
      ['empty', Buffer.alloc(0), 'import_invalid'],
      ['newer', Buffer.concat([Buffer.from('REDIS0099'), file.subarray(9)]), 'import_too_new'],
    ];
    for (const [handle, bytes, code] of cases) {
      const bad = join(live.installation.home, `${handle}.bad`);
      await writeFile(bad, bytes);
      const { exitCode, errors } = await cli.run(`backup:import ${handle} --file ${bad} --container-size 128`);
      expect([handle, exitCode, errors]).toEqual([handle, 1, expect.stringContaining(code)]);
    }
    expect(await objects()).toEqual(before);
  });

  /** In the checksum itself, so that all else is well-formed. */
  const flipped = (file: Buffer): Buffer => {
    const changed = Buffer.from(file);
    changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
    return changed;
  };

  const objects = async (): Promise<string[]> => {
    const entries = await readdir(live.installation.home, { recursive: true, withFileTypes: true });
    return entries
      .filter(({ name }) => /\.(data|json|partial)$/.test(name))
      .map(({ name, parentPath }) => join(parentPath, name))
      .sort();
  };
});
