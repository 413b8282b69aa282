import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { DockerCli } from '../../apps/setup/docker-cli.js';
import { ensurePostgres, stopPostgres } from '../../apps/setup/postgres.js';
import { ensureQueueRedis } from '../../apps/setup/queue-redis.js';
import { createFakeInstallation, looked, type FakeInstallation } from '../support/fake-installation.js';
import { startScheduler, startWorker, type Closable } from '../support/fake-workers.js';
import { eventually } from '../support/eventually.js';
import { FaultRun } from '../support/fault-run.js';
import { redisImage } from '../support/images.js';
import { uniqueName } from '../support/names.js';
import { create, finished, request } from '../support/requests.js';
import { complaints } from '../support/soundness.js';

const patience = 180_000;
const docker = new DockerCli('/var/run/docker.sock');
const queueName = uniqueName('q');
const given = { ...process.env };
let directory: string;
let queueUrl: string;

const signal = (): AbortSignal => AbortSignal.timeout(60_000);
const postgresDirectory = (): string => join(directory, 'postgres');
const startPostgres = (): Promise<string> =>
  ensurePostgres({ directory: postgresDirectory(), settings: { fsync: 'off', max_connections: '300' } }, signal());

/** Servers of this file's own: the other files go on working on theirs. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-faults-'));
  await chmod(directory, 0o711);
  process.env['HOLDFAST_TEST_DATABASE_URL'] = await startPostgres();
  const options = { installation: queueName, directory: join(directory, 'queue'), image: redisImage('8.0') };
  queueUrl = await ensureQueueRedis(docker, options, signal());
  process.env['HOLDFAST_TEST_QUEUE_URL'] = queueUrl;
}, patience);
afterAll(async () => {
  process.env['HOLDFAST_TEST_DATABASE_URL'] = given['HOLDFAST_TEST_DATABASE_URL'];
  process.env['HOLDFAST_TEST_QUEUE_URL'] = given['HOLDFAST_TEST_QUEUE_URL'];
  await docker.run(['rm', '--force', '--volumes', `${queueName}-queue`], signal());
  await stopPostgres(postgresDirectory(), signal());
  await rm(directory, { recursive: true, force: true });
}, patience);

const restartPostgres = async (): Promise<void> => {
  await stopPostgres(postgresDirectory(), signal());
  await startPostgres();
};
const restartQueue = (): Promise<string> => docker.run(['restart', '--time', '0', `${queueName}-queue`], signal());
const emptyQueue = async (): Promise<void> => {
  const redis = new Redis(queueUrl);
  await redis.flushall();
  await redis.quit();
};

describe('a hundred operations on fake engines', () => {
  let installation: FakeInstallation;
  const running: Closable[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.close()));
    await installation.close();
  }, patience);

  const provisionAll = async (): Promise<string[]> => {
    const created = await Promise.all(Array.from({ length: 50 }, (_, index) => create(installation, `db-${index}`)));
    const restarts = await Promise.all(created.map(({ databaseId }) => request(installation, databaseId, 'restart')));
    return [...created.map(({ operationId }) => operationId), ...restarts];
  };
  const expectAllSucceeded = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) expect((await finished(installation, id, 90_000)).status).toBe('succeeded');
    expect(await complaints(looked(installation))).toEqual([]);
  };

  it(
    'go on from Postgres when the queue is emptied while they wait in it',
    async () => {
      installation = await createFakeInstallation();
      running.push(await startScheduler(installation));
      const ids = await provisionAll();
      await eventually(
        async () => {
          const { count } = await installation.control.db
            .selectFrom('outbox')
            .select((e) => e.fn.countAll<string>().as('count'))
            .where('dispatched_at', 'is not', null)
            .executeTakeFirstOrThrow();
          expect(Number(count)).toBe(50);
        },
        { withinMs: 20_000 },
      );
      await emptyQueue();
      running.push(await startWorker(installation));
      await expectAllSucceeded(ids);
    },
    patience,
  );

  it(
    'go on when the queue is restarted and emptied while they run',
    async () => {
      installation = await createFakeInstallation();
      running.push(await startScheduler(installation), await startWorker(installation));
      const ids = await provisionAll();
      await restartQueue();
      await emptyQueue();
      await expectAllSucceeded(ids);
    },
    patience,
  );

  it(
    'go on when Postgres is restarted while they run',
    async () => {
      installation = await createFakeInstallation();
      running.push(await startScheduler(installation), await startWorker(installation, { leaseMs: 2000 }));
      const ids = await provisionAll();
      await finished(installation, ids[0] ?? '');
      await restartPostgres();
      await expectAllSucceeded(ids);
    },
    patience,
  );
});

describe('operations on a real engine', () => {
  let run: FaultRun;
  beforeAll(async () => {
    run = await FaultRun.open();
    await run.installation.start('standalone');
  }, patience);
  afterAll(() => run.close(), patience);

  it.each([
    ['Postgres is restarted', restartPostgres],
    ['the queue is restarted', restartQueue],
    ['the queue is emptied', emptyQueue],
  ] as const)(
    'go on when %s',
    async (what, happen) => {
      const names = [1, 2, 3].map((index) => `${what.split(' ').pop() ?? ''}-${what.length}-${index}`);
      const created = await Promise.all(names.map((name) => create(run.installation, name)));
      await happen();
      for (const { databaseId, operationId } of created) {
        expect(await finished(run.installation, operationId)).toMatchObject({ status: 'succeeded', error: null });
        expect(await run.throughDoors(databaseId, 'PING')).toEqual(Array(4).fill('PONG'));
      }
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );
});
