import { randomInt } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { manifestFileSchema } from '#contracts/backup-manifest.js';
import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { FakeObjectStore } from '#engine/fake/fake-object-store.js';
import { writeManifest } from '#operations/backup/manifest-file.js';
import { requireManifest } from '#operations/backup/stored.js';
import { SecretBox } from '#operations/secrets/secret-box.js';
import type { BackupRow } from '#persistence/tables.js';
import { BackupRun } from '../support/backup-run.js';
import { databaseRow, finished, onBackup } from '../support/requests.js';

jest.setTimeout(400_000);

/** Fewer where each starts a program that decompresses; the manifest's are cheap. */
const trials =
  process.env['HOLDFAST_TEST_FAULTS'] === 'all'
    ? { flips: 3000, truncations: 1000, manifestFlips: 20_000 }
    : { flips: 600, truncations: 200, manifestFlips: 3000 };
const side = 6;

/** A backup as it lies in its store. */
interface Stored {
  readonly row: BackupRow;
  readonly manifest: Buffer;
  readonly object: Buffer;
}

let run: BackupRun;
let one: Stored;
let other: Stored;
const signal = (): AbortSignal => AbortSignal.timeout(60_000);
const pathOf = (key: string | undefined | null): string => join(run.directory, 'first', key ?? '');

const storedOf = async (backupId: string): Promise<Stored> => {
  const row = await run.row(backupId);
  const [manifest, object] = await Promise.all(
    [row.manifest_key, row.manifest?.object.key].map((key) => readFile(pathOf(key))),
  );
  if (!manifest || !object) throw new Error('The backup lies nowhere');
  return { row, manifest, object };
};

beforeAll(async () => {
  run = await BackupRun.open();
  await run.faults.worker('backup-worker');
  one = await storedOf(await run.verifiedBackup());
  await run.send(run.source, 'SET', 'key:5', 'other');
  other = await storedOf(await run.verifiedBackup());
});
afterAll(() => run?.close());

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 64 * 1024) {
    await turn();
    yield bytes.subarray(at, at + 64 * 1024);
  }
}

/** What the product's own way of reading says of a backup with these bytes: the code of its refusal, or `whole`. */
const read = async ({ row, manifest, object }: Stored, secrets = run.installation.control.secrets): Promise<string> => {
  const store = new FakeObjectStore();
  await store.put(row.manifest_key ?? '', piecesOf(manifest), signal());
  try {
    const { manifest: opened, envelope } = await requireManifest(store, secrets, row, signal());
    const sealing = { context: row.id, dataKey: envelope.dataKey };
    for await (const _ of run.faults.engines.streams.unseal(piecesOf(object), sealing, opened.object, signal()));
    return 'whole';
  } catch (error) {
    if (isHoldfastError(error)) return error.code;
    throw error;
  }
};

const flipped = (bytes: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
};

/** So many trials, some side by side. Returns those that were not found out. */
const missed = async (
  count: number,
  trial: (index: number) => Promise<[what: string, said: string]>,
): Promise<string[]> => {
  const found: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const [what, said] = await trial(index);
      if (said !== 'backup_corrupt') found.push(`${what}: ${said}`);
    }
  };
  await Promise.all(Array.from({ length: side }, work));
  return found;
};

describe('a backup that was changed in its store is found out', () => {
  it('and one that was not is read', async () => {
    expect(await read(one)).toBe('whole');
    expect(one.object.length).toBeGreaterThan(3 * 128 * 1024);
  });

  it('by every flipped bit of its object', async () => {
    const bits = one.object.length * 8;
    const special = [0, 8 * 8, 9 * 8, 12 * 8, 16 * 8, bits - 1, bits - 128];
    const trial = async (index: number): Promise<[string, string]> => {
      const bit = special[index] ?? randomInt(bits);
      return [`bit ${bit}`, await read({ ...one, object: flipped(one.object, bit) })];
    };
    expect(await missed(trials.flips, trial)).toEqual([]);
  });

  it('by every truncation of its object, also at the seams of its chunks, and by bytes that follow', async () => {
    const seam = 128 * 1024 + 16;
    const special = [0, 1, 15, 16, 17, 31, 32, 16 + seam, 16 + 2 * seam, one.object.length - 1, one.object.length - 16];
    const trial = async (index: number): Promise<[string, string]> => {
      const length = special[index] ?? randomInt(one.object.length);
      return [`${length} bytes`, await read({ ...one, object: one.object.subarray(0, length) })];
    };
    expect(await missed(trials.truncations, trial)).toEqual([]);
    expect(await read({ ...one, object: Buffer.concat([one.object, Buffer.alloc(1)]) })).toBe('backup_corrupt');
    expect(await read({ ...one, object: Buffer.concat([one.object, one.object]) })).toBe('backup_corrupt');
  });

  it('by every flipped bit of its manifest', async () => {
    const bits = one.manifest.length * 8;
    const trial = async (index: number): Promise<[string, string]> => {
      const bit = trials.manifestFlips > bits ? index % bits : randomInt(bits);
      return [`bit ${bit}`, await read({ ...one, manifest: flipped(one.manifest, bit) })];
    };
    expect(await missed(trials.manifestFlips, trial)).toEqual([]);
  });

  it('by every truncation of its manifest, and by whatever follows it', async () => {
    const trial = async (index: number): Promise<[string, string]> => [
      `${index} bytes`,
      await read({ ...one, manifest: one.manifest.subarray(0, index) }),
    ];
    expect(await missed(one.manifest.length, trial)).toEqual([]);
    expect(await read({ ...one, manifest: Buffer.concat([one.manifest, Buffer.from(' ')]) })).toBe('backup_corrupt');
  });

  it('by the object or the manifest of another backup, or both', async () => {
    expect(await read({ ...one, object: other.object })).toBe('backup_corrupt');
    expect(await read({ ...one, manifest: other.manifest })).toBe('backup_corrupt');
    expect(await read({ ...one, object: other.object, manifest: other.manifest })).toBe('backup_corrupt');
  });

  it('by another master key, and by an envelope that says more than one', async () => {
    const strange = new SecretBox([{ version: 1, key: Buffer.alloc(32, 7) }]);
    expect(await read(one, strange)).toBe('backup_corrupt');
    const text = one.manifest.toString();
    for (const [from, to] of [
      ['"envelope":"1:', '"envelope":"01:'],
      ['","mac"', ':more","mac"'],
    ] as const)
      expect(await read({ ...one, manifest: Buffer.from(text.replace(from, to)) })).toBe('backup_corrupt');
  });

  it('by what an earlier attempt of the same backup had stored', async () => {
    const { secrets } = run.installation.control;
    const { manifest } = manifestFileSchema.parse(JSON.parse(one.manifest.toString()));
    const envelope = { dataKey: Buffer.alloc(32, 1), tenantPasswords: [] };
    const stored: Buffer[] = [];
    const object = await run.faults.engines.streams.seal(
      piecesOf(Buffer.from('what there was earlier')),
      { context: one.row.id, dataKey: envelope.dataKey },
      async (body) => {
        for await (const part of body) stored.push(part);
      },
      signal(),
    );
    const earlier = { ...manifest, object: { key: manifest.object.key, ...object } };
    const { file } = writeManifest(secrets, earlier, envelope);
    // Whole by itself: only that another one was recorded tells.
    expect(await read({ row: { ...one.row, manifest: earlier }, manifest: file, object: Buffer.concat(stored) })).toBe(
      'whole',
    );
    expect(await read({ ...one, manifest: file, object: Buffer.concat(stored) })).toBe('backup_corrupt');
    expect(await read({ ...one, object: Buffer.concat(stored) })).toBe('backup_corrupt');
  });
});

describe('a backup that was changed in its store', () => {
  /** Changes the store, and puts it back as it was. */
  const whileChanged = async (change: () => Promise<void>, work: () => Promise<void>): Promise<void> => {
    const [manifest, object] = [one.row.manifest_key, one.row.manifest?.object.key].map(pathOf);
    await change();
    try {
      await work();
    } finally {
      await writeFile(manifest ?? '', one.manifest);
      await writeFile(object ?? '', one.object);
    }
    await run.expectSound();
  };
  const bits = (): number => one.object.length * 8;
  const changeObject = (bytes: Buffer) => () => writeFile(pathOf(one.row.manifest?.object.key), bytes);

  const changes: [string, string, () => Promise<void>][] = [
    ['in its last bit', 'backup_corrupt', () => changeObject(flipped(one.object, bits() - 1))()],
    ['in the middle', 'backup_corrupt', () => changeObject(flipped(one.object, bits() >> 1))()],
    ['by a cut at its end', 'backup_corrupt', () => changeObject(one.object.subarray(0, -1))()],
    ['by the object of another one', 'backup_corrupt', () => changeObject(other.object)()],
    ['by the manifest of another one', 'backup_corrupt', () => writeFile(pathOf(one.row.manifest_key), other.manifest)],
    ['by the loss of its object', 'backup_object_missing', () => rm(pathOf(one.row.manifest?.object.key))],
    ['by the loss of its manifest', 'backup_object_missing', () => rm(pathOf(one.row.manifest_key))],
  ];

  const verify = async () =>
    finished(run.installation, await onBackup(run.installation, one.row.id, { type: 'verify' }), 120_000);

  it.each(changes)('%s becomes no database, and is not called verified any longer', async (_, code, change) => {
    await whileChanged(change, async () => {
      const operationId = await onBackup(run.installation, one.row.id, { type: 'restore', keepCredentials: false });
      const restore = await finished(run.installation, operationId, 120_000);
      expect(restore).toMatchObject({ status: 'failed', error: { code, leftBehind: [] } });
      const target = await run.installation.control.db
        .selectFrom('operation_targets')
        .select('database_id')
        .where('operation_id', '=', operationId)
        .executeTakeFirstOrThrow();
      expect(await databaseRow(run.installation, target.database_id)).toMatchObject({ status: 'provision_failed' });
      expect(await run.row(one.row.id)).toMatchObject({ verification: 'failed', restore_ms: null });
    });
    expect(await verify()).toMatchObject({ status: 'succeeded' });
  });

  it('fails its verification, and is refused from then on until it passes one', async () => {
    await whileChanged(
      () => changeObject(flipped(one.object, bits() >> 1))(),
      async () => {
        expect(await verify()).toMatchObject({ status: 'failed', error: { code: 'backup_corrupt', leftBehind: [] } });
        expect(await run.row(one.row.id)).toMatchObject({ verification: 'failed' });
        await expect(
          onBackup(run.installation, one.row.id, { type: 'restore', keepCredentials: false }),
        ).rejects.toMatchObject({ code: 'backup_unrestorable' });
      },
    );
    expect(await verify()).toMatchObject({ status: 'succeeded' });
    await run.expectRestores(one.row.id);
  });
});
