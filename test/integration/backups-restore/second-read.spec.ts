import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeObjectStore } from '#engine/fake/fake-object-store.js';
import { requestCopy } from '#operations/requests/request-backup.js';
import { findBackup } from '#persistence/backups.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, cancel, create, finished, onBackup } from '../../support/requests.js';

const patience = 60_000;
let installation: FakeInstallation;
let databaseId: string;
let backupId: string;
const second = new FakeObjectStore();

beforeAll(async () => {
  const open = (name: string) => (name === 'second' ? second : installation.store);
  installation = await createFakeInstallation({}, { names: ['default', 'second'], open });
  const source = await create(installation, 'source');
  expect(await installation.runner().run(source.operationId)).toEqual({ kind: 'done' });
  databaseId = source.databaseId;
  backupId = await backedUp();
}, patience);
afterAll(() => installation.close());

const backedUp = async (): Promise<string> => {
  const taken = await backup(installation, databaseId);
  expect(await installation.runner().run(taken.operationId)).toEqual({ kind: 'done' });
  // The automatic verification would stand before a copy.
  const queued = installation.control.db.selectFrom('operations').select('id').where('status', '=', 'queued');
  for (const { id } of await queued.execute()) await cancel(installation, id);
  return taken.backupId;
};

/** As a link that changes a bit: the object in the store stays as it is. */
const spoilReads = (times: number): { readonly reads: () => number; end(): void } => {
  const { store } = installation;
  const get = store.get.bind(store);
  let reads = 0;
  store.get = async (key, signal) => {
    const body = await get(key, signal);
    return key.endsWith('.data') && reads++ < times ? flipped(body) : body;
  };
  return { reads: () => reads, end: () => void (store.get = get) };
};

async function* flipped(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const part of body) {
    const changed = Buffer.from(part);
    changed[0] = (changed[0] ?? 0) ^ 1;
    yield changed;
  }
}

const objectsOf = async (store: FakeObjectStore): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of store.list('', AbortSignal.timeout(patience))) keys.push(key);
  return keys;
};

const restored = async (handle: string) => {
  const wanted = { type: 'restore', keepCredentials: false, handle } as const;
  const operationId = await onBackup(installation, backupId, wanted);
  await installation.runner().run(operationId);
  return finished(installation, operationId);
};

const copied = async (originalId: string) => {
  const { control } = installation;
  const original = await findBackup(control.db, originalId);
  if (!original) throw new Error('The backup is gone');
  const { id } = await control.db.transaction().execute((tx) => requestCopy(control, tx, 'test', original, 'second'));
  await installation.runner().run(id);
  return finished(installation, id);
};

describe('a copy whose bytes were changed on the way', () => {
  it(
    'reads them once more, and the original is as good as it was',
    async () => {
      const link = spoilReads(1);
      const { status } = await copied(backupId);
      link.end();
      expect({ status, reads: link.reads() }).toEqual({ status: 'succeeded', reads: 2 });
      expect((await findBackup(installation.control.db, backupId))?.verification).toBe('unverified');
    },
    patience,
  );

  it(
    'fails when they are changed again, its original with it, and nothing of it stays',
    async () => {
      const original = await backedUp();
      const before = await objectsOf(second);
      const link = spoilReads(2);
      const { status, error } = await copied(original);
      link.end();
      expect({ status, code: error?.code, reads: link.reads() }).toEqual({
        status: 'failed',
        code: 'backup_corrupt',
        reads: 2,
      });
      expect((await findBackup(installation.control.db, original))?.verification).toBe('failed');
      expect(await objectsOf(second)).toEqual(before);
    },
    patience,
  );
});

describe('a restore whose bytes were changed on the way', () => {
  it(
    'reads once more, and the backup is as good as it was',
    async () => {
      const link = spoilReads(1);
      const { status } = await restored('second-read');
      link.end();
      expect({ status, reads: link.reads() }).toEqual({ status: 'succeeded', reads: 2 });
      expect((await findBackup(installation.control.db, backupId))?.verification).toBe('unverified');
    },
    patience,
  );

  it(
    'fails when they are changed again, and the backup with it',
    async () => {
      const link = spoilReads(2);
      const { status, error } = await restored('never-read');
      link.end();
      expect({ status, code: error?.code, reads: link.reads() }).toEqual({
        status: 'failed',
        code: 'backup_corrupt',
        reads: 2,
      });
      expect((await findBackup(installation.control.db, backupId))?.verification).toBe('failed');
    },
    patience,
  );
});
