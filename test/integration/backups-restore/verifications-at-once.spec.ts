import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { memoryLimitBytes } from '#domain/database/size.js';
import { findOperation } from '#persistence/operations/read.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, cancel, create, onBackup } from '../../support/requests.js';

/** Each verification loads a data set once more, and the host has room for one of them only. */

const patience = 60_000;
const memoryMb = 100;
let installation: FakeInstallation;
const backups: string[] = [];

beforeAll(async () => {
  installation = await createFakeInstallation();
  for (const handle of ['orders', 'carts']) {
    const { databaseId, operationId } = await create(installation, handle, { memoryMb });
    expect(await installation.runner().run(operationId)).toEqual({ kind: 'done' });
    const taken = await backup(installation, databaseId);
    expect(await installation.runner().run(taken.operationId)).toEqual({ kind: 'done' });
    backups.push(taken.backupId);
  }
  const queued = installation.control.db.selectFrom('operations').select('id').where('status', '=', 'queued');
  for (const { id } of await queued.execute()) await cancel(installation, id);
}, patience);
afterAll(() => installation.close());

/** The other one runs on a worker of its own, since so many seconds. */
const outcomeBeside = async (secondsAgo: number) => {
  const { control, host } = installation;
  const [theirs = '', ours = ''] = await Promise.all(
    backups.map((id) => onBackup(installation, id, { type: 'verify' })),
  );
  const running = { status: 'running', started_at: new Date(Date.now() - secondsAgo * 1000) } as const;
  await control.db.updateTable('operations').set(running).where('id', '=', theirs).execute();
  const roomBytes = memoryLimitBytes((backups.length + 1) * memoryMb);
  const { memoryBytes } = await host.info(new AbortController().signal);
  await installation.runner({ memoryOvercommit: roomBytes / memoryBytes }).run(ours);
  const operation = await findOperation(control.db, ours);
  const ended = { status: 'cancelled', finished_at: new Date() } as const;
  await control.db.updateTable('operations').set(ended).where('id', '=', theirs).execute();
  return { status: operation?.status, code: operation?.error?.code };
};

it(
  'a verification beside one that began before it finds the host full',
  async () => expect(await outcomeBeside(60)).toEqual({ status: 'failed', code: 'host_full' }),
  patience,
);

it(
  'one that began first goes on, and comes to its server, which is none here',
  async () => expect(await outcomeBeside(-60)).toEqual({ status: 'waiting', code: 'server_not_ready' }),
  patience,
);
