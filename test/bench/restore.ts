import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { loadConfiguration } from '#configuration/configuration.js';
import { databaseAddress } from '#domain/server/addresses.js';
import { serverPorts } from '#domain/server/names.js';
import { serverUsers } from '#domain/server/users.js';
import { openEngines } from '#engine/open-engines.js';
import { requireManifest } from '#operations/backup/stored.js';
import { openPasswords } from '#operations/server/material.js';
import { findBackup } from '#persistence/backups.js';
import { findEnvironment } from '#persistence/environments.js';
import { redisImage } from '../support/images.js';
import { createInstallation, type Installation } from '../support/installation.js';
import { uniqueName } from '../support/names.js';
import { backup, create, databaseRow, finished, onBackup, request, verified } from '../support/requests.js';
import { fillServer } from './backup-source.js';
import { compared, measured, median, type Row } from './row.js';

const rounds = 3;
const patienceMs = 300_000;
const run = promisify(execFile);

/** Restores of 1 GB, or of as many MB as the option says, beside a plain Redis that starts with the same RDB file; and verifications beside restores. */
export const benchRestore = async (option = '1024'): Promise<readonly Row[]> => {
  const installation = await createInstallation({ HOLDFAST_MEMORY_OVERCOMMIT: '1000' });
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    await installation.start('standalone');
    const backupId = await backedUp(installation, Number(option));
    const file = join(directory, 'dump.rdb');
    await writeRdb(installation, backupId, file);
    const times = {
      rdb: [] as number[],
      aof: [] as number[],
      verify: [] as number[],
      raw: [] as number[],
      put: [] as number[],
    };
    for (let round = 0; round < rounds; round++) {
      for (const mode of ['rdb', 'aof'] as const) times[mode].push(await restored(installation, backupId, mode));
      times.verify.push(await verifiedAgain(installation, backupId));
      const { putMs, loadMs } = await loadedByHand(file);
      times.raw.push(loadMs);
      times.put.push(putMs + loadMs);
      console.log(JSON.stringify(times));
    }
    return [
      compared('restore, rdb', 'ms', median(times.rdb), median(times.raw), { most: 1.3 }),
      compared('restore, aof', 'ms', median(times.aof), median(times.raw), { most: 1.3 }),
      measured('restore, aof, beside docker cp and the load', 'ms', median(times.aof), null, median(times.put)),
      compared('verification beside a restore', 'ms', median(times.verify), median(times.aof), { most: 2 }),
    ];
  } finally {
    await installation.close();
    await rm(directory, { recursive: true });
  }
};

const backedUp = async (installation: Installation, megabytes: number): Promise<string> => {
  const { databaseId, operationId } = await create(installation, 'source', { memoryMb: 3 * megabytes });
  await finished(installation, operationId, patienceMs);
  const { control } = installation;
  const row = await databaseRow(installation, databaseId);
  const environment = await findEnvironment(control.db, { id: row.environment_id });
  const host = databaseAddress(control.networkPool, environment?.network_index ?? 0, row.address_index);
  const { manager } = await openPasswords(control, databaseId);
  const server = { host, port: serverPorts.plain, login: [serverUsers.manager, manager] as const };
  await fillServer(server, megabytes * 1024 ** 2);
  const taken = await backup(installation, databaseId);
  await tookMs(installation, taken.operationId);
  await verified(installation, taken.backupId, patienceMs);
  return taken.backupId;
};

/** From the moment that a worker has it to its end. */
const tookMs = async (installation: Installation, operationId: string): Promise<number> => {
  const { status, error, started_at: from, finished_at: to } = await finished(installation, operationId, patienceMs);
  if (status !== 'succeeded' || !from || !to) throw new Error(error?.detail ?? status);
  return to.getTime() - from.getTime();
};

const restored = async (installation: Installation, backupId: string, persistence: 'rdb' | 'aof'): Promise<number> => {
  const handle = uniqueName('r');
  const wanted = { type: 'restore', keepCredentials: false, persistence, handle } as const;
  const operationId = await onBackup(installation, backupId, wanted);
  const took = await tookMs(installation, operationId);
  console.log(`  ${persistence}: ${await stepsOf(installation, operationId)}`);
  const { receipt } = await finished(installation, operationId);
  const gone = { type: 'deprovision', confirm: handle, skipFinalBackup: true } as const;
  await finished(installation, await request(installation, String(receipt?.['databaseId']), gone), patienceMs);
  return took;
};

const verifiedAgain = async (installation: Installation, backupId: string): Promise<number> => {
  const operationId = await onBackup(installation, backupId, { type: 'verify' });
  const took = await tookMs(installation, operationId);
  console.log(`  verify: ${await stepsOf(installation, operationId)}`);
  return took;
};

/** Where the time went, step by step. */
const stepsOf = async ({ control }: Installation, operationId: string): Promise<string> => {
  const query = control.db.selectFrom('operation_steps').selectAll().where('operation_id', '=', operationId);
  const steps = await query.orderBy('attempt').orderBy('ordinal').execute();
  const took = ({ started_at: from, finished_at: to }: (typeof steps)[number]) =>
    to ? to.getTime() - from.getTime() : 0;
  return steps.map((step) => `${step.name} ${String(took(step))} ms`).join(', ');
};

const writeRdb = async ({ environment, control }: Installation, backupId: string, file: string): Promise<void> => {
  const { stores, streams } = openEngines(loadConfiguration(environment));
  const row = await findBackup(control.db, backupId);
  if (!row) throw new Error('The backup is gone');
  const signal = AbortSignal.timeout(patienceMs);
  const store = stores.open(row.store);
  const { manifest, envelope } = await requireManifest(store, control.secrets, row, signal);
  const stored = await store.get(manifest.object.key, signal);
  const sealing = { context: backupId, dataKey: envelope.dataKey };
  await pipeline(Readable.from(streams.unseal(stored, sealing, manifest.object, signal)), createWriteStream(file));
};

/** `putMs`: docker cp of the clear file into its container. `loadMs`: from the start of the container to the first answer. */
const loadedByHand = async (file: string): Promise<{ readonly putMs: number; readonly loadMs: number }> => {
  const name = uniqueName('hfb');
  const server = ['redis-server', '--save', '', '--protected-mode', 'no', '--dir', '/tmp'];
  await run('docker', ['create', '--name', name, redisImage('8.0'), ...server]);
  try {
    const putAt = performance.now();
    await run('docker', ['cp', file, `${name}:/tmp/dump.rdb`]);
    const startedAt = performance.now();
    await run('docker', ['start', name]);
    const address = ['inspect', '-f', '{{.NetworkSettings.IPAddress}}', name];
    const host = (await run('docker', address)).stdout.trim();
    for (;;) {
      const { stdout } = await run('redis-cli', ['-h', host, 'PING']).catch(() => ({ stdout: '' }));
      if (stdout.trim() === 'PONG') return { putMs: startedAt - putAt, loadMs: performance.now() - startedAt };
    }
  } finally {
    await run('docker', ['rm', '-f', name]);
  }
};
