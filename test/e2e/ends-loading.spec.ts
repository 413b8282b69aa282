import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Backup } from '#contracts/http/backups.js';
import type { Import } from '#contracts/http/imports.js';
import type { Operation } from '#contracts/http/operations.js';
import { rdbDatabase, rdbEnd, rdbHead, rdbKey, rdbLength } from '#domain/rdb/writer.js';
import { labels } from '#domain/server/names.js';
import { eventually } from '../support/eventually.js';
import { docker } from '../support/host.js';
import { Live } from '../support/live.js';

jest.setTimeout(300_000);

const types = { string: 0, intset: 11 } as const;

const fileOf = (...parts: readonly (readonly Uint8Array[])[]): Buffer =>
  Buffer.concat([rdbHead(10), ...rdbDatabase(0), ...parts.flat(), rdbEnd()]);

/** Well-formed for whoever only counts keys: what its integers are wide is nothing that there is. */
const refused = fileOf([
  ...rdbKey(Buffer.from('numbers'), types.intset, null),
  ...[rdbLength(12), Buffer.from([5, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0])],
]);

/** A million zeros in LZF: one by itself, then the one before it, again and again. */
const copies = 4_000;
const zeros = [
  Uint8Array.of(0xc3),
  ...[rdbLength(2 + 3 * copies), rdbLength(1 + 264 * copies)],
  Buffer.from([0, 0, ...Array.from({ length: copies }, () => [0xe0, 0xff, 0]).flat()]),
];
/** Some three hundred MB, for a server that has 64. */
const tooMuch = fileOf(
  ...Array.from({ length: 300 }, (_, index) => [
    ...rdbKey(Buffer.from(`zeros:${String(index)}`), types.string, null),
    ...zeros,
  ]),
);

describe('a file that is whole, and whose server ends over it', () => {
  let live: Live;

  beforeAll(async () => {
    live = await Live.start();
  });
  afterAll(() => live?.close());

  const imported = async (handle: string, body: Buffer) => {
    const { url, token } = live.installation;
    const reply = await fetch(`${url}/v1/environments/default/imports?handle=${handle}&memoryMb=64`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
      body: new Uint8Array(body),
    });
    expect(reply.status).toBe(202);
    const { operation, database, backupId } = (await reply.json()) as Import;
    return { ended: await live.finished(operation.id), database, backupId };
  };
  const verificationOf = async (backupId: string): Promise<Operation> => {
    const { items } = await live.ask<{ items: Operation[] }>('GET', '/v1/operations?type=verify-backup');
    const found = items.find(({ parameters }) => parameters['backupId'] === backupId);
    if (!found) throw new Error('There is no verification');
    return live.finished(found.id);
  };
  const expectNothingLeft = () =>
    eventually(
      async () => {
        const label = (name: string) => ['--filter', `label=${name}`];
        const ours = label(`${labels.installation}=${live.installation.name}`);
        expect(await docker('ps', '-aq', ...ours, ...label(labels.database))).toBe('');
      },
      { withinMs: 10_000 },
    );

  it('because it cannot be read, fails at the third end with the exit code, and the backup does not verify', async () => {
    const { ended, database, backupId } = await imported('refused', refused);
    expect(ended).toMatchObject({
      ...{ status: 'failed', attempt: 1 },
      error: {
        code: 'data_not_loaded',
        detail: expect.stringMatching(/ended 3 times .* by itself, with exit code 1\./),
        leftBehind: [],
      },
    });
    expect(await live.show(database.id)).toMatchObject({ status: 'provision_failed' });
    const { text } = await live.send('GET', `/v1/operations/${ended.id}/log`);
    expect(text).toContain('Intset integrity check failed');
    expect(await verificationOf(backupId)).toMatchObject({ status: 'failed', error: { code: 'data_not_loaded' } });
    expect(await live.ask<Backup>('GET', `/v1/backups/${backupId}`)).toMatchObject({ verification: 'failed' });
    await expectNothingLeft();
  });

  it('because it has no memory for it, says so; then the backup is not to blame, and restores with more', async () => {
    const { ended, backupId } = await imported('too-much', tooMuch);
    expect(ended).toMatchObject({
      ...{ status: 'failed', attempt: 1 },
      error: { code: 'data_not_loaded', detail: expect.stringMatching(/ended 3 times .* the kernel killed it/) },
    });
    expect(await verificationOf(backupId)).toMatchObject({ status: 'failed', error: { code: 'data_not_loaded' } });
    expect(await live.ask<Backup>('GET', `/v1/backups/${backupId}`)).toMatchObject({ verification: 'unverified' });
    await expectNothingLeft();
    const path = `/v1/backups/${backupId}/operations`;
    const wanted = { type: 'restore', handle: 'enough', memoryMb: 768 };
    const { id, targets } = await live.ask<Operation>('POST', path, wanted);
    await live.succeeded(id);
    const name = live.containerOf(targets[0] ?? '');
    expect(await docker('inspect', '-f', '{{.HostConfig.RestartPolicy.Name}}', name)).toBe('unless-stopped');
  });
});
