import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { OperationRequest } from '#contracts/operation-requests.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { memoryLimitBytes } from '#domain/database/size.js';
import { operationKinds } from '#domain/operation/kinds.js';
import { containerName, serverPaths } from '#domain/server/names.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { doorsOf } from '#persistence/doors.js';
import { findOperation, logOf } from '#persistence/operations/read.js';
import { pageSettingsHistory } from '#persistence/settings-history.js';
import { createFakeInstallation, looked, type FakeInstallation } from '../../support/fake-installation.js';
import { create, databaseRow, replicate, request } from '../../support/requests.js';
import { complaints } from '../../support/soundness.js';

/** Configure and resize on fakes: what they write down, what they refuse, and the way back when something fails in the middle. */

let installation: FakeInstallation;
beforeAll(async () => {
  installation = await createFakeInstallation();
});
afterAll(() => installation.close());
afterEach(() => installation.host.faults.failAll(null));

const signal = new AbortController().signal;
const run = (operationId: string) => installation.runner().run(operationId);

const provisioned = async (handle: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> => {
  const { databaseId, operationId } = await create(installation, handle, more);
  expect(await run(operationId)).toEqual({ kind: 'done' });
  return databaseId;
};

const change = async (id: string, wish: OperationRequest) => {
  const operationId = await request(installation, id, wish);
  return { operationId, outcome: await run(operationId) };
};
const configure = (id: string, wish: Omit<Extract<OperationRequest, { type: 'configure' }>, 'type'>) =>
  change(id, { type: 'configure', ...wish });

const nameOf = (id: string): string => containerName(installation.control.installation, id);
const fileOf = async (id: string): Promise<string> =>
  (await installation.host.readFile(nameOf(id), serverPaths.configuration, signal))?.toString() ?? '';
const serverOf = async (id: string) => {
  const { networks } = (await installation.host.inspectContainer(nameOf(id), owner(id), signal))!;
  return installation.host.serverAt(Object.values(networks)[0]?.ipv4 ?? '')!;
};
const owner = (id: string) => ({ installation: installation.control.installation, subject: id });
const limitOf = async (id: string): Promise<number> =>
  (await installation.host.inspectContainer(nameOf(id), owner(id), signal))?.memoryLimitBytes ?? 0;
const refusal = (id: string, wish: OperationRequest): Promise<string> =>
  request(installation, id, wish).then(
    () => 'taken',
    (error: unknown) => (error instanceof HoldfastError ? error.code : String(error)),
  );
const boom = new HoldfastError('disk_full', 'says the host');

describe('a server that is stopped', () => {
  it('has the more time for its last save the larger it is, whoever stops it', async () => {
    const id = await provisioned('large', { memoryMb: 10_240, persistence: 'rdb' });
    const { host } = installation;
    const [stop, make] = [host.stopContainer.bind(host), host.createContainer.bind(host)];
    const graces: number[] = [];
    host.stopContainer = async (name, seconds, within) => {
      graces.push(seconds);
      await stop(name, seconds, within);
      return 'killed';
    };
    host.createContainer = async (spec, within) => {
      graces.push(spec.stopGraceSeconds);
      return make(spec, within);
    };
    try {
      for (const kind of ['restart', 'reload'] as const) {
        const operationId = await request(installation, id, kind);
        expect(await run(operationId)).toEqual({ kind: 'done' });
        const lines = await logOf(installation.control.db, operationId, '0', 100);
        expect(lines.map(({ message }) => message).join()).toContain('What was written since its last save is lost.');
      }
    } finally {
      Object.assign(host, { stopContainer: stop, createContainer: make });
    }
    expect(graces).toEqual([235, 235, 235]);
  });
});

describe('configure', () => {
  it('has settings in force, in the file, in the row and in the history', async () => {
    const id = await provisioned('settings');
    expect((await configure(id, { settings: { timeout: 60, 'maxmemory-policy': 'allkeys-lru' } })).outcome).toEqual({
      kind: 'done',
    });
    expect((await serverOf(id)).setting('timeout')).toBe('60');
    expect(await fileOf(id)).toMatch(/^timeout 60$/m);
    expect(await databaseRow(installation, id)).toMatchObject({
      settings: { timeout: '60' },
      maxmemory_policy: 'allkeys-lru',
    });
    const history = await pageSettingsHistory(installation.control.db, id, { limit: 10, after: undefined });
    expect(history.map(({ actor, changes }) => ({ actor, changes }))).toEqual([
      {
        actor: 'test',
        changes: [
          { name: 'maxmemory-policy', before: 'noeviction', after: 'allkeys-lru' },
          { name: 'timeout', before: '0', after: '60' },
        ],
      },
      { actor: 'provision', changes: [] },
    ]);
    expect((await configure(id, { revertTo: history[1]!.id })).outcome).toEqual({ kind: 'done' });
    expect(await databaseRow(installation, id)).toMatchObject({ settings: {}, maxmemory_policy: 'noeviction' });
    expect((await serverOf(id)).setting('timeout')).toBe('0');
    expect(await complaints(looked(installation))).toEqual([]);
  });

  it('that a throw-away server does not start with touches nothing', async () => {
    const id = await provisioned('refused');
    const before = await fileOf(id);
    const { operationId, outcome } = await configure(id, { settings: { activedefrag: true, timeout: 9 } });
    expect(outcome).toEqual({ kind: 'fail', code: 'setting_refused' });
    expect((await findOperation(installation.control.db, operationId))?.error?.leftBehind).toEqual([]);
    expect(await fileOf(id)).toBe(before);
    expect((await serverOf(id)).setting('timeout')).toBe('0');
    expect(await complaints(looked(installation))).toEqual([]);
  });

  it('that fails when the file is written gives the old settings back', async () => {
    const id = await provisioned('back');
    const operationId = await request(installation, id, { type: 'configure', settings: { timeout: 9 } });
    const { host } = installation;
    const write = host.writeFiles.bind(host);
    let writes = 0;
    host.writeFiles = async (name, ...rest) => {
      if (name === nameOf(id) && ++writes === 1) throw boom;
      return write(name, ...rest);
    };
    expect(await run(operationId)).toEqual({ kind: 'fail', code: 'disk_full' });
    host.writeFiles = write;
    expect((await findOperation(installation.control.db, operationId))?.error?.leftBehind).toEqual([]);
    expect((await serverOf(id)).setting('timeout')).toBe('0');
    expect(await databaseRow(installation, id)).toMatchObject({ settings: {} });
    const { control } = installation;
    const again = await control.db.transaction().execute((tx) => retryOperation(control, tx, 'test', operationId));
    expect(await run(again.id)).toEqual({ kind: 'done' });
    expect((await serverOf(id)).setting('timeout')).toBe('9');
  });

  it('has as much time for the way back of a mode as for the way there', async () => {
    const id = await provisioned('time');
    const operationId = await request(installation, id, { type: 'configure', persistence: 'rdb' });
    installation.host.faults.failNext('writeFiles', boom);
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    const asked: number[] = [];
    AbortSignal.timeout = (ms) => {
      asked.push(ms);
      return timeout(ms);
    };
    try {
      expect(await run(operationId)).toMatchObject({ kind: 'fail' });
    } finally {
      AbortSignal.timeout = timeout;
    }
    expect(asked).toContain(operationKinds.configure.timeoutMs);
    expect((await serverOf(id)).setting('appendonly')).toBe('yes');
  });

  it('that the server ends over when it is started again is refused, and the former one serves', async () => {
    const id = await provisioned('ended');
    const operationId = await request(installation, id, { type: 'configure', settings: { databases: 20 } });
    const { host } = installation;
    const start = host.startContainer.bind(host);
    let starts = 0;
    host.startContainer = async (name, within) => {
      await start(name, within);
      if (name === nameOf(id) && ++starts === 1) await host.stopContainer(name, 1, within);
    };
    expect(await run(operationId)).toEqual({ kind: 'fail', code: 'setting_refused' });
    host.startContainer = start;
    expect((await findOperation(installation.control.db, operationId))?.error).toMatchObject({ leftBehind: [] });
    expect((await serverOf(id)).setting('databases')).toBe('16');
  });

  it('to what is recorded is refused, unless another one is on its way', async () => {
    const id = await provisioned('same');
    await configure(id, { settings: { timeout: 60 } });
    for (const wish of [{ settings: { timeout: '60' } }, { persistence: 'aof' }, { tlsOnly: false }] as const) {
      expect(await refusal(id, { type: 'configure', ...wish })).toBe('nothing_to_change');
    }
    const waiting = await request(installation, id, { type: 'configure', settings: { timeout: 90 } });
    const back = await request(installation, id, { type: 'configure', settings: { timeout: 60 } });
    for (const operationId of [waiting, back]) expect(await run(operationId)).toEqual({ kind: 'done' });
    expect((await serverOf(id)).setting('timeout')).toBe('60');
  });

  it('takes plain doors away and gives new ones', async () => {
    const id = await provisioned('doors');
    const types = async () => (await doorsOf(installation.control.db, [id])).map(({ type }) => type);
    expect((await configure(id, { tlsOnly: true })).outcome).toEqual({ kind: 'done' });
    expect(await types()).toEqual(['redis+ssl', 'redis+ssl']);
    expect((await configure(id, { tlsOnly: false })).outcome).toEqual({ kind: 'done' });
    expect(await types()).toEqual(['redis', 'redis+ssl', 'redis', 'redis+ssl']);
    expect(await complaints(looked(installation))).toEqual([]);
  });

  it('refuses at once what the mode, the tree or the handle forbid', async () => {
    const id = await provisioned('refusals', { persistence: 'none' });
    expect(await refusal(id, { type: 'configure', settings: { save: '900 1' } })).toBe('setting_conflict');
    expect(await refusal(id, { type: 'configure', settings: { databases: 20 } })).toBe('confirmation_required');
    expect(await refusal(id, { type: 'configure', settings: { dir: '/' } })).toBe('setting_forbidden');
    expect(await refusal(id, { type: 'configure', revertTo: id })).toBe('settings_entry_not_found');
    const { databaseId, operationId } = await replicate(installation, id, 'follows');
    expect(await run(operationId)).toEqual({ kind: 'done' });
    expect(await refusal(databaseId, { type: 'configure', tlsOnly: true })).toBe('setting_conflict');
    expect(await refusal(id, { type: 'configure', settings: { databases: 20 } })).toBe('setting_conflict');
    expect(await refusal(id, { type: 'resize', memoryMb: 128 })).toBe('replica_too_small');
  });

  it('a replica that was asked for while its source grew is not made smaller than that', async () => {
    const id = await provisioned('growing');
    const { control, host } = installation;
    const growth = await request(installation, id, { type: 'resize', memoryMb: 128 });
    // The resize has looked at its neighbours and goes on, and then somebody asks for one more.
    let asked: Awaited<ReturnType<typeof replicate>> | undefined;
    const update = host.updateResources.bind(host);
    host.updateResources = async (...args) => {
      asked ??= await replicate(installation, id, 'too-small');
      return update(...args);
    };
    expect(await run(growth)).toEqual({ kind: 'done' });
    host.updateResources = update;
    expect(await run(asked?.operationId ?? '')).toEqual({ kind: 'fail', code: 'replica_too_small' });
    expect((await findOperation(control.db, asked?.operationId ?? ''))?.error?.leftBehind ?? []).toEqual([]);
    const again = await replicate(installation, id, 'large-enough');
    expect(await run(again.operationId)).toEqual({ kind: 'done' });
    expect(await databaseRow(installation, again.databaseId)).toMatchObject({ memory_mb: 128 });
  });

  it('a replica is made with the settings of its source', async () => {
    const id = await provisioned('source');
    await configure(id, { settings: { timeout: 60 } });
    const { databaseId, operationId } = await replicate(installation, id, 'copy');
    expect(await run(operationId)).toEqual({ kind: 'done' });
    expect((await serverOf(databaseId)).setting('timeout')).toBe('60');
  });
});

describe('resize', () => {
  it('changes container, server, file and row', async () => {
    const id = await provisioned('larger');
    expect((await change(id, { type: 'resize', memoryMb: 128, diskGb: 20 })).outcome).toEqual({ kind: 'done' });
    expect(await limitOf(id)).toBe(memoryLimitBytes(128));
    expect(await fileOf(id)).toMatch(/^maxmemory 76336332$/m);
    expect(await databaseRow(installation, id)).toMatchObject({ memory_mb: 128, disk_gb: 20 });
    expect((await change(id, { type: 'resize', memoryMb: 64 })).outcome).toEqual({ kind: 'done' });
    expect(await limitOf(id)).toBe(memoryLimitBytes(64));
  });

  it('to the size that it has is refused', async () => {
    const id = await provisioned('as-large');
    expect(await refusal(id, { type: 'resize', memoryMb: 64 })).toBe('nothing_to_change');
    expect((await change(id, { type: 'resize', memoryMb: 128 })).outcome).toEqual({ kind: 'done' });
    expect(await refusal(id, { type: 'resize', memoryMb: 128 })).toBe('nothing_to_change');
  });

  it('that fails in the middle is undone, limit and all', async () => {
    const id = await provisioned('undone');
    const operationId = await request(installation, id, { type: 'resize', memoryMb: 128 });
    installation.host.faults.failNext('writeFiles', boom);
    expect(await run(operationId)).toEqual({ kind: 'fail', code: 'disk_full' });
    expect(await limitOf(id)).toBe(memoryLimitBytes(64));
    expect((await serverOf(id)).setting('maxmemory')).toBe('29360128');
    expect(await databaseRow(installation, id)).toMatchObject({ memory_mb: 64 });
  });

  it('beyond the host is refused', async () => {
    const id = await provisioned('huge');
    const operationId = await request(installation, id, { type: 'resize', memoryMb: 700_000 });
    expect(await run(operationId)).toEqual({ kind: 'fail', code: 'host_full' });
    expect(await limitOf(id)).toBe(memoryLimitBytes(64));
  });
});
