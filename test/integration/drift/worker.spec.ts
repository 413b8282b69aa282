import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { SweepWorkerModule } from '../../../apps/sweep-worker/sweep-worker.module.js';
import { NestFactory } from '@nestjs/core';
import { faultPoints } from '#observability/fault-points.js';
import { newId } from '#operations/control.js';
import { Looker } from '#operations/drift/look.js';
import { driftSweep } from '#operations/drift/drift-sweep.js';
import { Sweeper } from '#operations/drift/sweeper.js';
import { Listener } from '#persistence/listen.js';
import { findObservation } from '#persistence/observations.js';
import { findSweep, pageSweeps, type SweepRow } from '#persistence/sweeps.js';
import { queuePrefix } from '#queue/prefix.js';
import { queueConnection, Queues } from '#queue/queues.js';
import { createApiOn, type ApiClient } from '../../support/api.js';
import { askForSweep, endedSweep } from '../../support/asked-sweeps.js';
import { makeToken } from '../../support/control.js';
import { eventually } from '../../support/eventually.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { noSweeps, startScheduler, startWorker, type Closable } from '../../support/fake-workers.js';
import { pauseAt } from '../../support/pause.js';
import { queueUrl } from '../../support/queue.js';
import { create, finished, replicate } from '../../support/requests.js';
import { byHand, containerOf, lookoutOn } from '../../support/sweeps.js';

const patience = 60_000;
let installation: FakeInstallation;
let api: ApiClient;
const running: Closable[] = [];
const errors: unknown[] = [];

const sweeper = (owner: string, stop = new AbortController().signal): Sweeper =>
  new Sweeper(
    {
      ...{ kind: 'drift', db: installation.control.db, owner },
      sweep: driftSweep(() => lookoutOn(installation)),
      onError: (error) => errors.push(error),
    },
    stop,
  );

const ask = (): Promise<string> => askForSweep(installation, 'drift');
const ended = (id: string): Promise<SweepRow> => endedSweep(installation, id);

beforeAll(async () => {
  installation = await createFakeInstallation();
  const { control, databaseUrl } = installation;
  running.push(await startScheduler(installation), await startWorker(installation));
  api = await createApiOn(control, databaseUrl, await makeToken(control, 'owner', ['owner']));
});
afterAll(async () => {
  expect(errors).toEqual([]);
});
// By itself: what the check above has to say is no reason to leave anything open.
afterAll(async () => {
  await api.close();
  await Promise.all(running.map((one) => one.close()));
  await installation.close();
});

describe('sweeps', () => {
  it('run one at a time, whoever is woken', async () => {
    const first = await ask();
    const hold = pauseAt('drift:begun');
    const turn = sweeper('one').wake();
    await hold.reached;
    faultPoints.disarmAll();
    await ask();
    await sweeper('two').wake();
    await sweeper('three').due(0);
    expect(
      (await pageSweeps(installation.control.db, 'drift', { limit: 10, after: undefined })).map((row) => row.status),
    ).toEqual(['queued', 'running']);
    hold.goOn();
    await turn;
    expect((await findSweep(installation.control.db, first))?.status).toBe('succeeded');
    expect(await pageSweeps(installation.control.db, 'drift', { limit: 10, after: undefined })).toMatchObject([
      { status: 'succeeded', counts: { databases: 0 } },
      { status: 'succeeded', counts: { databases: 0 } },
    ]);
  });

  it('that come late do not pile up', async () => {
    const { db } = installation.control;
    const before = (await pageSweeps(db, 'drift', { limit: 100, after: undefined })).length;
    const one = sweeper('one');
    await Promise.all([one.due(60_000), one.due(60_000)]);
    expect(await pageSweeps(db, 'drift', { limit: 100, after: undefined })).toHaveLength(before);
  });

  it('whose worker was killed are given up, and the next one goes on', async () => {
    const { db } = installation.control;
    const lost = await ask();
    const hold = pauseAt('drift:begun');
    const turn = sweeper('killed').wake();
    await hold.reached;
    faultPoints.disarmAll();
    await sql`UPDATE sweeps SET lease_expires_at = now() - interval '1 second' WHERE id = ${lost}`.execute(db);
    const next = await ask();
    await sweeper('next').wake();
    expect((await findSweep(db, lost))?.status).toBe('failed');
    expect((await findSweep(db, next))?.status).toBe('succeeded');
    // It comes back, and writes nothing.
    hold.goOn();
    await turn;
    expect(await findSweep(db, lost)).toMatchObject({
      status: 'failed',
      error: 'The worker that ran this sweep is gone.',
    });
  });

  it(
    'are woken by the queue, also when the interval was longer before, and by one that was emptied meanwhile',
    async () => {
      const { control } = installation;
      const prefix = queuePrefix(control.installation);
      const queues = new Queues(queueUrl(), prefix, (error) => errors.push(error));
      const queue = queueConnection(queueUrl(), (error) => errors.push(error));
      let woken = 0;
      const due = (): Promise<void> => Promise.resolve(void woken++);
      const module = SweepWorkerModule.register({ due, queue, queuePrefix: prefix });
      const application = await NestFactory.createApplicationContext(module, { logger: false });
      try {
        const schedule = () => queues.scheduleSweeps({ ...noSweeps, drift: 100 }, Date.now());
        await eventually(() => queues.scheduleSweeps({ ...noSweeps, drift: 3_600_000 }, Date.now()), {
          withinMs: 5000,
        });
        await schedule();
        await eventually(() => expect(woken).toBeGreaterThan(2), { withinMs: 5000 });
        for (const name of queues.all.map((one) => one.name).filter((name) => name === 'drift-sweep')) {
          const keys = await queue.keys(`${prefix}:${name}:*`);
          await queue.del(...keys);
        }
        const before = woken;
        await schedule();
        await eventually(() => expect(woken).toBeGreaterThan(before + 2), { withinMs: 5000 });
      } finally {
        await queues.scheduleSweeps(noSweeps, Date.now());
        await application.close();
        queue.disconnect();
        await queues.close();
      }
    },
    patience,
  );
});

const expectMetrics = async (): Promise<void> => {
  const { text } = await api.send('GET', '/metrics');
  expect(text).toMatch(/holdfast_replication_lag_bytes\{environment="default",database="live-1",app="api"\} 0/);
  expect(text).toMatch(/holdfast_sweep_duration_seconds\{kind="drift",app="api"\} \d/);
  expect(text).toMatch(/holdfast_drift_findings\{code="split_brain",app="api"\} 0/);
  expect(text).toMatch(/holdfast_databases_health\{health="healthy",app="api"\} 2/);
};

describe('the API', () => {
  it(
    'asks for a sweep and shows what it found',
    async () => {
      const worker = sweeper('api');
      const wakes = new Listener(installation.databaseUrl, 'holdfast_sweep', () => void worker.wake());
      await wakes.start();
      const asked = await api.send('POST', '/v1/sweeps', { body: { kind: 'drift' } });
      expect(asked.status).toBe(202);
      const location = asked.headers.get('location') ?? '';
      await ended(location.split('/').at(-1) ?? '');
      expect((await api.send('GET', location)).body).toMatchObject({
        status: 'succeeded',
        findings: [],
        requestedBy: 'token:owner',
      });
      expect((await api.send('GET', '/v1/sweeps?kind=drift&limit=1')).body.items).toMatchObject([
        { status: 'succeeded' },
      ]);
      const refused = await api.send('GET', `/v1/sweeps/${newId()}`);
      expect([refused.status, refused.body.code]).toEqual([404, 'sweep_not_found']);
      await wakes.close();
    },
    patience,
  );

  it(
    'shows how a database is now: link, lag and figures, in its metrics as well, and its age when nobody can look',
    async () => {
      const { databaseId: source, operationId } = await create(installation, 'live');
      await finished(installation, operationId);
      const replica = await replicate(installation, source, 'live-1');
      await finished(installation, replica.operationId);
      const looker = new Looker(
        () => lookoutOn(installation),
        (error) => errors.push(error),
        new AbortController().signal,
      );
      const looks = new Listener(installation.databaseUrl, 'holdfast_look', (id) => looker.look(id));
      await looks.start();
      await byHand(installation, source, [['SET', 'a', '1']], 'tenant');
      const now = await api.send('GET', `/v1/databases/${replica.databaseId}/status`);
      expect(now.body).toMatchObject({
        live: {
          ...{ answers: true, container: 'running', findings: [] },
          server: { role: 'replica', link: 'up', lagBytes: 0, keys: 1 },
        },
      });
      await expectMetrics();
      await installation.host.stopContainer(containerOf(installation, source), 1, AbortSignal.timeout(5000));
      const stopped = await api.send('GET', `/v1/databases/${source}/status`);
      expect(stopped.body).toMatchObject({
        live: {
          answers: false,
          container: 'exited',
          server: { role: 'primary', keys: 1 },
          findings: [{ code: 'container_stopped' }],
        },
      });
      await looks.close();
      await looker.settled();
      const aged = await api.send('GET', `/v1/databases/${source}/status`);
      const { live } = JSON.parse(aged.text) as { live: { ageMs: number; answers: boolean } };
      expect(live.ageMs).toBeGreaterThanOrEqual(1400);
      expect((await findObservation(installation.control.db, source))?.document.server?.keys).toBe(1);
    },
    patience,
  );
});
