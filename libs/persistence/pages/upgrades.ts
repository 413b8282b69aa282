import { sql } from 'kysely';
import { upgradeMethods } from '#domain/upgrade/upgrade-target.js';
import type { Db } from '../connection.js';

export const endedUpgrades = ['succeeded', 'failed', 'cancelled'] as const;

/** The methods of upgrades, and the way back from one, which is an operation of its own. */
export const upgradeWays = [...upgradeMethods, 'back'] as const;
type UpgradeWay = (typeof upgradeWays)[number];

const wayOf = sql`CASE kind WHEN 'go-back' THEN 'back' ELSE parameters ->> 'method' END`;

interface UpgradeCount {
  readonly method: UpgradeWay;
  readonly outcome: (typeof endedUpgrades)[number];
  readonly count: number;
}

export const countUpgrades = async (db: Db): Promise<readonly UpgradeCount[]> => {
  const { rows } = await sql<UpgradeCount>`
    SELECT ${wayOf} AS method, status AS outcome, count(*)::integer AS count FROM operations
    WHERE kind IN ('upgrade', 'go-back') AND status = ANY(${[...endedUpgrades]}) GROUP BY 1, 2`.execute(db);
  return rows;
};

interface UpgradePause {
  readonly method: UpgradeWay;
  readonly pauseMs: number;
}

/** Of those that know theirs: a worker that died in the middle of it has not measured it. */
export const upgradePauses = async (db: Db): Promise<readonly UpgradePause[]> => {
  const { rows } = await sql<UpgradePause>`
    SELECT ${wayOf} AS method, (receipt ->> 'writePauseMs')::float8 AS "pauseMs" FROM operations
    WHERE kind IN ('upgrade', 'go-back') AND status = 'succeeded' AND receipt ->> 'writePauseMs' IS NOT NULL`.execute(
    db,
  );
  return rows;
};
