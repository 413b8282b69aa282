import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { importFromUrlSchema } from '#contracts/import-requests.js';
import { faultPointNames, type FaultPointName } from '#observability/fault-points.js';
import { cancelOperation } from '#operations/requests/cancel-and-retry.js';
import { planImport, requestImport, type RequestedImport } from '#operations/requests/request-import.js';
import { findBackup } from '#persistence/backups.js';
import { findEnvironment } from '#persistence/environments.js';
import { findOperationSecret } from '#persistence/operation-secrets.js';
import type { AppName, AppProcess } from '../support/app-process.js';
import { FaultRun } from '../support/fault-run.js';
import { ForeignRedis, readerRights } from '../support/foreign-redis.js';
import { leaveContainer } from '../support/left-container.js';
import { finished, verified } from '../support/requests.js';

/** Of each sort of place one, for `npm test`; HOLDFAST_TEST_FAULTS=all runs through them all. */
const chosen: readonly FaultPointName[] = [
  'import:opened',
  'backup:data-stored',
  'backup:manifest-stored',
  'import:record:acted',
  'import:load:acted',
  'import:ending',
];
const points =
  process.env['HOLDFAST_TEST_FAULTS'] === 'all'
    ? faultPointNames.filter((point) => point.startsWith('import:') || point.startsWith('backup:'))
    : chosen;
/** What an earlier attempt has left must be there for the step that tidies it. */
const deathsFor = (point: FaultPointName): readonly FaultPointName[] =>
  point.startsWith('import:tidy:') ? ['backup:data-stored', point] : [point];

const perPoint = 120_000;
const password = 'a-password-of-a-source';
let run: FaultRun;
let source: ForeignRedis;
const living: AppProcess[] = [];
let counter = 0;

beforeAll(async () => {
  run = await FaultRun.open({ HOLDFAST_LEASE_SECONDS: '1' });
  living.push(await run.worker('scheduler'));
  source = await ForeignRedis.start(password, [`reader on >${password} ${readerRights}`]);
  await source.client.eval("for i = 1, 5000 do redis.call('SET', 'key:' .. i, i) end", 0);
}, perPoint);
afterAll(async () => {
  await source?.close();
  await run?.close();
}, perPoint);

const workers: AppProcess[] = [];
const worker = async (app: AppName = 'backup-worker'): Promise<void> => void workers.push(await run.worker(app));
afterEach(async () => void (await Promise.all(workers.splice(0).map((process) => process.end()))), perPoint);
afterEach(() => run.endVictims());

const ask = (user = 'reader'): Promise<RequestedImport> => {
  const { control } = run.installation;
  return control.db.transaction().execute(async (tx) => {
    const environment = await findEnvironment(tx, { name: 'default' });
    if (!environment) throw new Error('There is no environment "default"');
    const sourceUrl = `rediss://${user}:${password}@127.0.0.1:${String(source.tlsPort)}`;
    const wish = { sourceUrl, tlsCaPem: source.caPem, insecure: false };
    counter += 1;
    const { handle, memoryMb, diskGb } = importFromUrlSchema.parse({
      ...{ handle: `imported-${String(counter)}`, memoryMb: 64, ...wish },
    });
    const plan = await planImport(control, tx, environment, { handle, memoryMb, diskGb });
    return requestImport(control, tx, 'test', plan, wish);
  });
};

const objectsOf = async (backupId: string): Promise<string[]> => {
  const { control } = run.installation;
  const backup = await findBackup(control.db, backupId);
  const store = run.engines.stores.open(backup?.store ?? '');
  const found: string[] = [];
  for await (const { key } of store.list(backup?.prefix ?? '', AbortSignal.timeout(5_000))) found.push(key);
  return found;
};

describe('a worker that dies leaves an import that another one completes', () => {
  it.each(points)(
    '%s',
    async (point) => {
      const { operation, backupId, database } = await ask();
      // As an operation leaves it that failed: nobody works on this one yet.
      if (point.startsWith('import:remove:')) await leaveContainer(run.installation, database.id);
      for (const death of deathsFor(point)) {
        const victim = await run.victim('backup-worker', death);
        expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
      }
      await worker();
      const ended = await finished(run.installation, operation.id, perPoint);
      expect(ended).toMatchObject({ status: 'succeeded', error: null, receipt: { method: 'scan', keys: 5_000 } });
      expect(ended.receipt?.['databaseId']).toBe(database.id);
      expect(await run.throughDoors(database.id, 'DBSIZE')).toEqual(Array(4).fill(5_000));
      expect(await objectsOf(backupId)).toHaveLength(2);
      expect(await findOperationSecret(run.installation.control.db, operation.id)).toBeUndefined();
      // Its verification runs beside it, and has to end before the host is looked at.
      await verified(run.installation, backupId);
      expect(await run.complaints()).toEqual([]);
    },
    perPoint,
  );
});

describe('an import that is cancelled', () => {
  it.each(['backup:data-stored', 'import:load:acted'] as const)(
    'at %s leaves nothing but what it says',
    async (point) => {
      const victim = await run.victim('backup-worker', point);
      const { operation, backupId } = await ask();
      await victim.exited;
      const { control } = run.installation;
      await control.db.transaction().execute((tx) => cancelOperation(control, tx, 'test', operation.id));
      await worker();
      expect(await finished(run.installation, operation.id, perPoint)).toMatchObject({ status: 'cancelled' });
      const backup = await findBackup(control.db, backupId);
      // What was fetched whole is a backup; what was not is nothing.
      expect([backup?.status, (await objectsOf(backupId)).length]).toEqual(
        point === 'import:load:acted' ? ['complete', 2] : ['failed', 0],
      );
      expect(await findOperationSecret(control.db, operation.id)).toBeUndefined();
      if (backup?.status === 'complete') await verified(run.installation, backupId);
      expect(await run.complaints()).toEqual([]);
    },
    perPoint,
  );
});
