import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Database } from '#contracts/http/databases.js';
import type { Operation } from '#contracts/http/operations.js';
import { containerName } from '#domain/server/names.js';
import { isFinished } from '#domain/operation/state-machine.js';
import { ApiClient } from '../../apps/setup/api-client.js';
import { Compose } from '../support/compose.js';
import { eventually } from '../support/eventually.js';
import { containerLog, docker, namedLike } from '../support/host.js';
import { databasesPath, type Credentials } from '../support/live.js';
import { asTenant, type ClientOptions } from '../support/tenant.js';

// Of a machine where every image has to be built first.
jest.setTimeout(420_000);

const signal = AbortSignal.timeout(400_000);
const once = ['secrets', 'setup'];
const running = ['api', 'backup-worker', 'lifecycle-worker', 'postgres', 'queue', 'scheduler', 'sweep-worker'];
const healthChecked = ['api', 'postgres', 'queue'];

describe('docker compose up', () => {
  let compose: Compose;
  let api: ApiClient;
  let database: Database;
  let tenant: Credentials['items'][number];

  beforeAll(async () => {
    compose = await Compose.prepare(signal);
    await compose.up();
    api = new ApiClient(compose.url, await compose.ownerToken());
  });
  afterAll(async () => {
    await compose?.down();
    await compose?.purge();
  }, 120_000);

  const finished = (id: string) =>
    eventually(
      async () => {
        const operation = await api.get<Operation>(`/v1/operations/${id}`, signal);
        if (!isFinished(operation.status))
          throw new Error(`The operation is ${operation.status}: ${JSON.stringify(operation.error)}`);
        return operation;
      },
      { withinMs: 60_000 },
    );

  it('brings every service up, and healthy', async () => {
    const states = await eventually(
      async () => {
        const found = await compose.states();
        expect(healthChecked.map((service) => found[service]?.Health?.Status)).toEqual([
          'healthy',
          'healthy',
          'healthy',
        ]);
        return found;
      },
      { withinMs: 60_000 },
    );
    expect(Object.keys(states).sort()).toEqual([...once, ...running].sort());
    expect(running.filter((service) => !states[service]?.Running)).toEqual([]);
    expect(once.map((service) => [states[service]?.Running, states[service]?.ExitCode])).toEqual(
      once.map(() => [false, 0]),
    );
  });

  it('provisions a database that its TLS door leads to', async () => {
    const request = { handle: 'orders', memoryMb: 64 };
    const asked = await api.post<{ database: Database; operation: Operation }>(databasesPath, 'one', request, signal);
    expect(await finished(asked.operation.id)).toMatchObject({ status: 'succeeded' });
    database = await api.get(`/v1/databases/${asked.database.id}`, signal);
    const { items } = await api.get<Credentials>(`/v1/databases/${database.id}/credentials`, signal);
    const [first] = items;
    if (!first) throw new Error('there are credentials');
    tenant = first;
    const options: ClientOptions = { authorityPem: await api.text('/v1/ca.pem', signal) };
    const container = containerName(compose.name, database.id);
    const live = { ...database, ...tenant, doors: database.endpoints, container, shown: database };
    expect(await asTenant(live, (client) => client.set('kept', 'yes'), options)).toBe('OK');
    expect(await asTenant(live, (client) => client.get('kept'), options)).toBe('yes');
  });

  it('shows no password in any container or log of the services', async () => {
    const secrets = [...(await compose.secrets()), tenant.password];
    const containers = await compose.containers();
    const shown = await Promise.all([docker('inspect', ...containers), ...containers.map(containerLog)]);
    expect(secrets.filter((secret) => secret.length < 16 || shown.join().includes(secret))).toEqual([]);
  });

  it('deprovisions it, and has a whole history with a signed checkpoint of all that', async () => {
    const body = { type: 'deprovision', confirm: database.handle };
    const { id } = await api.post<Operation>(`/v1/databases/${database.id}/operations`, 'two', body, signal);
    expect(await finished(id)).toMatchObject({ status: 'succeeded' });
    expect(await namedLike(containerName(compose.name, database.id))).toEqual([]);
    expect(await api.get('/v1/audit/verify', signal)).toMatchObject({ ok: true });
  });

  it('takes a checkpoint when the scheduler ends, which the API can read', async () => {
    const scheduler = await compose.containerOf('scheduler');
    await docker('restart', scheduler);
    // Before that it has no signal handler, and the kernel shields the first process of a container from signals without one.
    const hasStarted = async () => expect((await containerLog(scheduler)).split('"msg":"started"')).toHaveLength(3);
    await eventually(hasStarted, { withinMs: 30_000 });
    const { items } = await api.get<{ items: object[] }>('/v1/audit/checkpoints', signal);
    expect(items.length).toBeGreaterThan(0);
    expect(await api.get('/v1/audit/verify', signal)).toMatchObject({ ok: true });
  });

  it('leaves nothing after "down --volumes" and a purge', async () => {
    await compose.down();
    await compose.purge();
    expect(await namedLike(compose.name)).toEqual([]);
    expect(existsSync(compose.home)).toBe(false);
  });
});
