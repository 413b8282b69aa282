import { sql } from 'kysely';
import type { UpgradeMethod } from '#domain/upgrade/upgrade-target.js';
import type { Db } from '../connection.js';

export const endedUpgrades = ['succeeded', 'failed', 'cancelled'] as const;

interface UpgradeCount {
  readonly method: UpgradeMethod;
  readonly outcome: (typeof endedUpgrades)[number];
  readonly count: number;
}

export const countUpgrades = async (db: Db): Promise<readonly UpgradeCount[]> => {
  const { rows } = await sql<UpgradeCount>`
    SELECT parameters ->> 'method' AS method, status AS outcome, count(*)::integer AS count FROM operations
    WHERE kind = 'upgrade' AND status = ANY(${[...endedUpgrades]}) GROUP BY 1, 2`.execute(db);
  return rows;
};

interface UpgradePause {
  readonly method: UpgradeMethod;
  readonly pauseMs: number;
}

/** Of those that know theirs: a worker that died in the middle of it has not measured it. */
export const upgradePauses = async (db: Db): Promise<readonly UpgradePause[]> => {
  const { rows } = await sql<UpgradePause>`
    SELECT parameters ->> 'method' AS method, (receipt ->> 'writePauseMs')::float8 AS "pauseMs" FROM operations
    WHERE kind = 'upgrade' AND status = 'succeeded' AND receipt ->> 'writePauseMs' IS NOT NULL`.execute(db);
  return rows;
};
