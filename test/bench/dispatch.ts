import { sql } from 'kysely';
import { createInstallation, type Installation } from '../support/installation.js';
import { finished, request } from '../support/requests.js';
import { recordProvisioned } from './provisioned-rows.js';
import { measured, quantile, type Row } from './row.js';

const databases = 50;
const warmUp = 20;
const samples = 300;

/** From the request to the worker's claim, on Postgres's clock, one operation at a time. */
export const benchDispatch = async (): Promise<readonly Row[]> => {
  const installation = await createInstallation();
  try {
    const ids = await recordProvisioned(installation, databases);
    await installation.start('standalone');
    const operationIds: string[] = [];
    for (let index = 0; index < warmUp + samples; index++) {
      const id = await request(installation, ids[index % ids.length] ?? '', 'restart');
      await finished(installation, id);
      if (index >= warmUp) operationIds.push(id);
    }
    const waits = await claimWaits(installation, operationIds);
    return [
      measured('accepted to claimed by a worker, p50', 'ms', quantile(waits, 0.5), { most: 10 }),
      measured('accepted to claimed by a worker, p99', 'ms', quantile(waits, 0.99), { most: 50 }),
    ];
  } finally {
    await installation.close();
  }
};

const claimWaits = async ({ control }: Installation, ids: readonly string[]): Promise<number[]> => {
  const { rows } = await sql<{ ms: number }>`
    SELECT (extract(epoch FROM started_at - created_at) * 1000)::float8 AS ms FROM operations WHERE id = ANY(${ids}::uuid[])`.execute(
    control.db,
  );
  return rows.map((row) => row.ms);
};
