import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ServerBackupStreams } from '#engine/backups/backup-streams.js';
import type { RedisTarget } from '#engine/ports/redis-node.js';
import { eventually } from '../../support/eventually.js';
import { crash } from '../../support/host.js';
import { SlowLink } from '../../support/slow-link.js';
import { BackupSource, type TestedVersion } from './backup-source.js';
import { loadedFile } from './loaded-file.js';
import { WriteLoad } from './write-load.js';

jest.setTimeout(60_000);

const streams = new ServerBackupStreams();
const keys = 30_000;
const signal = () => AbortSignal.timeout(30_000);

const collect = async (body: AsyncIterable<Buffer>): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
};
const snapshotOf = async (target: RedisTarget, within = signal()): Promise<Buffer> =>
  collect((await streams.snapshot(target, within)).body);

const broken = expect.objectContaining({ code: 'ECONNRESET' });

describe.each<TestedVersion>(['6.0', '7.0', '8.0'])('a snapshot of Redis %s', (version) => {
  let source: BackupSource;

  beforeAll(async () => {
    source = await BackupSource.start(version);
    await source.fill(keys);
  });
  afterAll(() => source.remove());

  /** The server has it as it was, and nobody hangs on. */
  const expectUndisturbed = async (): Promise<void> => {
    expect(await source.setting('rdbcompression')).toBe('yes');
    await eventually(async () => expect(await source.copies()).toBe(0), { withinMs: 10_000 });
  };

  it.each(['plain', 'tls'] as const)('over %s holds what there was at one moment, under write load', async (port) => {
    await source.command('SET', 'counter', '0');
    const load = new WriteLoad(source);
    await eventually(() => expect(load.acknowledged).toBeGreaterThan(50), { withinMs: 10_000 });
    const before = load.acknowledged;
    const { replicationId, offset, body } = await streams.snapshot(source.target(port), signal());
    expect(await source.setting('rdbcompression')).toBe('yes');
    const file = await collect(body);
    await load.stop();
    expect(replicationId).toMatch(/^[0-9a-f]{40}$/);
    expect(offset).toBeGreaterThanOrEqual(0);
    // Not compressed: the values alone are so large.
    expect(file.length).toBeGreaterThan((keys - 1000) * 1024);
    const loaded = await loadedFile(source.image, file);
    expect(loaded.verdict).toContain('RDB looks OK');
    expect(loaded.keys).toBe(keys + 1);
    expect(loaded.counter).toBeGreaterThanOrEqual(before);
    expect(loaded.counter).toBeLessThanOrEqual(load.acknowledged);
    await expectUndisturbed();
  });

  it('comes by way of a file where the server makes one', async () => {
    await source.command('CONFIG', 'SET', 'repl-diskless-sync', 'no');
    try {
      const { verdict, keys: found } = await loadedFile(source.image, await snapshotOf(source.target()));
      expect(verdict).toContain('RDB looks OK');
      expect(found).toBe(Number(await source.command('DBSIZE')));
      await expectUndisturbed();
    } finally {
      await source.command('CONFIG', 'SET', 'repl-diskless-sync', 'yes');
    }
  });

  it('waits for its reader, and does not gather what that has not read', async () => {
    const { body } = await streams.snapshot(source.target(), signal());
    let length = 0;
    for await (const part of body) {
      // By far more time than the server needs for all of it, as the other tests show.
      if (length === 0) for (let asked = 0; asked < 2000; asked++) await source.command('PING');
      if (length === 0) expect(await source.command('INFO', 'persistence')).toContain('rdb_bgsave_in_progress:1');
      length += part.length;
    }
    expect(length).toBeGreaterThan((keys - 1000) * 1024);
    await expectUndisturbed();
  });

  it('stops at once when it is aborted or its reader leaves', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const { body } = await streams.snapshot(source.target(), controller.signal);
    const read = async (): Promise<void> => {
      for await (const part of body) if (part.length > 0) controller.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
    await expectUndisturbed();

    for await (const part of (await streams.snapshot(source.target(), signal())).body) if (part.length > 0) break;
    await expectUndisturbed();
    (await streams.snapshot(source.target(), signal())).close();
    await expectUndisturbed();
  });

  it('gives the setting back wherever it is aborted', async () => {
    for (let afterMs = 0; afterMs < 40; afterMs += 4) {
      const taken = streams.snapshot(source.target(), AbortSignal.timeout(afterMs));
      await taken.then((snapshot) => snapshot.close()).catch(() => undefined);
      await expectUndisturbed();
    }
  });

  it('fails when the link breaks in the middle', async () => {
    const target = source.target();
    const link = await SlowLink.open('127.0.0.1', target);
    try {
      const { body } = await streams.snapshot({ ...target, ...link.address }, signal());
      let length = 0;
      const read = async (): Promise<void> => {
        for await (const part of body) {
          length += part.length;
          if (length > 1_000_000) link.cut();
        }
      };
      await expect(read()).rejects.toMatchObject({ code: 'server_not_ready', cause: broken });
    } finally {
      await link.close();
    }
    await expectUndisturbed();
  });

  it('is refused with a wrong password, without the right to copy, and where nobody vouches for the server', async () => {
    const target = source.target();
    const refused = (detail: string) => ({ code: 'server_not_ready', detail: expect.stringContaining(detail) });
    await expect(snapshotOf({ ...target, password: 'wrong' })).rejects.toMatchObject(refused('WRONGPASS'));
    await expect(snapshotOf(source.target('tls', 'tenant'))).rejects.toMatchObject(refused('NOPERM'));
    const { tls } = target;
    if (!tls) throw new Error('The target has no TLS');
    const misnamed = { ...target, tls: { ...tls, serverName: 'other.test' } };
    await expect(snapshotOf(misnamed)).rejects.toMatchObject(refused('certificate'));
    const stranger = await BackupSource.start('7.0');
    const { tls: other } = stranger.target();
    await stranger.remove();
    if (!other) throw new Error('The target has no TLS');
    await expect(snapshotOf({ ...target, tls: other })).rejects.toMatchObject(refused('certificate'));
    await expectUndisturbed();
  });

  it('is refused while the gate of a primary is shut', async () => {
    await source.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
    try {
      await expect(snapshotOf(source.target())).rejects.toMatchObject({ code: 'server_not_ready' });
    } finally {
      await source.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
    }
    await expectUndisturbed();
  });

  it('fails when the server dies in the middle', async () => {
    const { body } = await streams.snapshot(source.target(), signal());
    let length = 0;
    const read = async (): Promise<void> => {
      for await (const part of body) {
        if (length === 0) await crash(source.name);
        length += part.length;
      }
    };
    // Whether its last word still comes out of the container, or the kernel has to find out that nobody is there any more.
    const gone = expect.objectContaining({ code: expect.stringMatching(/^(ECONNRESET|ETIMEDOUT|EHOSTUNREACH)$/) });
    await expect(read()).rejects.toMatchObject({ code: 'server_not_ready', cause: gone });
  });
});
