import { posix } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { persistenceSettings } from '#domain/database/persistence.js';
import { serverPaths } from '#domain/server/names.js';
import { createFakeInstallation, looked, type FakeInstallation } from '../../support/fake-installation.js';
import { create, request } from '../../support/requests.js';
import { complaints } from '../../support/soundness.js';
import { addressOf, byHand, containerOf, foundOf } from '../../support/sweeps.js';

/** What the way back of a change of mode may leave: the record says `aof`, and what lies on the disk under that name ended before the last write. */

let installation: FakeInstallation;
let counter = 0;
const signal = (): AbortSignal => AbortSignal.timeout(10_000);

beforeAll(async () => {
  installation = await createFakeInstallation();
});
afterEach(async () => expect(await complaints(looked(installation))).toEqual([]));
afterAll(() => installation.close());

const run = (operationId: string) => installation.runner().run(operationId);
const repair = async (id: string) => run(await request(installation, id, { type: 'repair' }));
const fileOf = async (id: string): Promise<string> =>
  (await installation.host.readFile(containerOf(installation, id), serverPaths.configuration, signal()))?.toString() ??
  '';
const serverOf = async (id: string) => installation.host.serverAt(await addressOf(installation, id));

const appends = /^appendonly yes$/m;

/** Its file is in the mode `rdb`, and so is its server. */
const leftBehind = async (): Promise<string> => {
  const { host } = installation;
  const { databaseId: id, operationId } = await create(installation, `left-${++counter}`);
  expect(await run(operationId)).toEqual({ kind: 'done' });
  const { save } = persistenceSettings.rdb;
  expect(save).toBe(persistenceSettings.aof.save);
  await byHand(installation, id, [['SAVE'], ['CONFIG', 'SET', 'appendonly', 'no']]);
  await byHand(installation, id, [['SET', 'last', 'word']], 'tenant');
  const content = (await fileOf(id)).replace(appends, 'appendonly no');
  const path = posix.relative(serverPaths.root, serverPaths.configuration);
  const files = [{ path, content, mode: 0o640, uid: 0, gid: 0 }];
  await host.writeFiles(containerOf(installation, id), serverPaths.root, files, signal());
  return id;
};

const expectMended = async (id: string): Promise<void> => {
  expect(await foundOf(installation, id)).toEqual([]);
  expect(await fileOf(id)).toMatch(appends);
  expect((await serverOf(id))?.setting('appendonly')).toBe('yes');
  expect(await byHand(installation, id, [['GET', 'last']], 'tenant')).toEqual(['word']);
};

describe('an append-only file that ended long ago', () => {
  it('is written anew before the file of its server promises it', async () => {
    const id = await leftBehind();
    const { host } = installation;
    const write = host.writeFiles.bind(host);
    const whilePromised: unknown[] = [];
    host.writeFiles = async (name, path, files, within) => {
      if (files.some(({ content }) => appends.test(String(content))))
        whilePromised.push((await serverOf(id))?.setting('appendonly'));
      return write(name, path, files, within);
    };
    try {
      expect(await repair(id)).toEqual({ kind: 'done' });
    } finally {
      host.writeFiles = write;
    }
    expect(whilePromised).toEqual(['yes']);
    await expectMended(id);
  });

  it('is promised again when the server appends and its file alone does not say so', async () => {
    const id = await leftBehind();
    await byHand(installation, id, [['CONFIG', 'SET', 'appendonly', 'yes']]);
    expect(await repair(id)).toEqual({ kind: 'done' });
    await expectMended(id);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['stopped', (id) => installation.host.stopContainer(containerOf(installation, id), 1, signal())],
    [
      'removed',
      async (id) => {
        const owner = { installation: installation.control.installation, subject: id };
        await installation.host.stopContainer(containerOf(installation, id), 1, signal());
        await installation.host.ensureContainerAbsent(containerOf(installation, id), owner, signal());
      },
    ],
  ])('is not what a server that was %s starts with', async (_what, end) => {
    const id = await leftBehind();
    await end(id);
    expect(await repair(id)).toEqual({ kind: 'done' });
    await expectMended(id);
  });

  it('is not what a reload starts with', async () => {
    const id = await leftBehind();
    const reload = await request(installation, id, 'reload');
    expect(await run(reload)).toEqual({ kind: 'fail', code: 'server_settings_differ' });
    expect(await repair(id)).toEqual({ kind: 'done' });
    await expectMended(id);
  });
});
