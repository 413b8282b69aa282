import { healthOf } from '#domain/drift/health.js';
import { lotsOf, treesOf } from '#domain/drift/trees.js';
import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { faultPoints } from '#observability/fault-points.js';
import { environmentsById, storeTime, sweepIndex } from '#persistence/drift.js';
import { saveObservations } from '#persistence/observations.js';
import type { DatabaseFinding } from '#persistence/sweeps.js';
import { observeHost, type HostView, type Lookout } from './observe.js';
import { recordHealth, type HealthOutcome } from './record-health.js';
import { sideBySide } from './side-by-side.js';
import { subjectsOf, survey, type Surveyed } from './survey.js';

/** What is in memory at a time, beside the list of containers. */
const databasesAtOnce = 200;
const writesAtOnce = 4;

/** More would be nobody's reading; the counts are of all. */
const findingsKept = 1000;

export interface DriftCounts {
  readonly databases: number;
  /** Left alone because an operation holds them. */
  readonly skipped: number;
  readonly byHealth: Readonly<Record<string, number>>;
  readonly byFinding: Readonly<Record<string, number>>;
  readonly healthChanges: number;
  readonly repairsRequested: number;
  readonly durationMs: number;
}

export interface SweepResult {
  readonly counts: DriftCounts;
  readonly findings: readonly DatabaseFinding[];
}

/**
 * Looks at every database that is ready, writes what is news of its health, and asks for repairs. Changes no database itself. `proceed` is
 * asked before each lot and ends the sweep by throwing. Errors: those of `proceed`, `store_unreachable`, and the reason of `signal`.
 */
export const sweepForDrift = async (
  lookout: Lookout,
  proceed: () => Promise<void>,
  signal: AbortSignal,
): Promise<SweepResult> => {
  const startedMs = performance.now();
  const { db } = lookout.control;
  const since = await storeTime(db);
  const host = await hostOrNull(lookout, signal);
  const [index, environments] = await Promise.all([sweepIndex(db), environmentsById(db)]);
  const tally = new Tally();
  for (const ids of lotsOf(treesOf(index), databasesAtOnce)) {
    await proceed();
    const surveyed = await survey(lookout, await subjectsOf(lookout, ids, since, environments), host, signal);
    await saveObservations(
      db,
      surveyed.map(({ observation }) => observation),
    );
    await faultPoints.reached('drift:observed');
    await sideBySide(surveyed, writesAtOnce, async (one) =>
      tally.add(one, await recordHealth(lookout.control, one, since)),
    );
    await faultPoints.reached('drift:recorded');
  }
  return tally.result(performance.now() - startedMs);
};

/** Without the engine, the servers are asked all the same: they may well go on. */
const hostOrNull = async (lookout: Lookout, signal: AbortSignal): Promise<HostView | null> => {
  try {
    return await observeHost(lookout, signal);
  } catch (error) {
    if (isHoldfastError(error, 'engine_unreachable')) return null;
    throw error;
  }
};

class Tally {
  private databases = 0;
  private skipped = 0;
  private healthChanges = 0;
  private repairsRequested = 0;
  private readonly byHealth: Record<string, number> = { healthy: 0, degraded: 0, down: 0 };
  private readonly byFinding: Record<string, number> = {};
  private readonly findings: DatabaseFinding[] = [];

  add({ target: { database, held }, findings }: Surveyed, { changed, repairRequested }: HealthOutcome): void {
    this.databases++;
    if (held) {
      this.skipped++;
      return;
    }
    count(this.byHealth, healthOf(findings).health);
    this.healthChanges += Number(changed);
    this.repairsRequested += Number(repairRequested);
    for (const finding of findings) {
      count(this.byFinding, finding.code);
      if (this.findings.length >= findingsKept) continue;
      this.findings.push({ databaseId: database.id, handle: database.handle, ...finding });
    }
  }

  result(durationMs: number): SweepResult {
    const { databases, skipped, byHealth, byFinding, healthChanges, repairsRequested, findings } = this;
    const counts = { databases, skipped, byHealth, byFinding, healthChanges, repairsRequested };
    return { counts: { ...counts, durationMs: Math.round(durationMs) }, findings };
  }
}

const count = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1;
};
