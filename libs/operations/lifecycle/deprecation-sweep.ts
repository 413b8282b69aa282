import { lifecycleFinding } from '#domain/lifecycle/finding.js';
import { judge } from '#domain/lifecycle/mark.js';
import { faultPoints } from '#observability/fault-points.js';
import { pageLifecycleTargets } from '#persistence/lifecycle-marks.js';
import type { DatabaseFinding, SweepCounts } from '#persistence/sweeps.js';
import type { Control } from '../control.js';
import type { Sweep, SweepOutcome } from '../drift/sweeper.js';
import { changeMarks, type Judged } from './change-marks.js';
import { recordCatalogue } from './record-catalogue.js';

/** In memory at a time, and the most that is changed in one transaction: whoever else writes to the history waits for its commit. */
const databasesAtOnce = 500;

/** More would be nobody's reading; the counts are of all. */
const findingsKept = 1000;

/**
 * The sweep of the kind `deprecation`: marks what passed a date, unmarks what was upgraded or let off, and says each change once. It never
 * changes a running database. A dry run writes nothing, and may be of another day.
 */
export const deprecationSweep =
  (control: Control): Sweep<DatabaseFinding> =>
  async (proceed, _signal, { dry_run: dryRun, as_of: asOf }) => {
    await faultPoints.reached('deprecation:begun');
    const tally = new Tally(control);
    if (dryRun) await eachPage(control, proceed, asOf, (judged) => tally.add(judged));
    else await markAll(control, proceed, tally);
    await faultPoints.reached('deprecation:ending');
    return tally.outcome();
  };

const markAll = async (control: Control, proceed: () => Promise<void>, tally: Tally): Promise<void> => {
  await recordCatalogue(control);
  const later: string[] = [];
  const changeLot = async (ids: readonly string[]): Promise<readonly string[]> => {
    await faultPoints.reached('deprecation:marking');
    const { judged, busy } = await changeMarks(control, ids, 'skip');
    await faultPoints.reached('deprecation:recorded');
    tally.add(judged);
    return busy;
  };
  await eachPage(control, proceed, null, async (page) => {
    const changing = page.filter(({ judgement }) => judgement.change !== null).map(({ target }) => target.id);
    tally.add(page.filter(({ judgement }) => judgement.change === null));
    if (changing.length > 0) later.push(...(await changeLot(changing)));
  });
  const still: string[] = [];
  for (let at = 0; at < later.length; at += databasesAtOnce) {
    await proceed();
    still.push(...(await changeLot(later.slice(at, at + databasesAtOnce))));
  }
  for (const id of still) {
    await proceed();
    const { judged } = await changeMarks(control, [id], 'wait');
    tally.add(judged);
    tally.skip(judged.length === 0 ? 1 : 0);
  }
};

/** By their ids, so that what is made or goes meanwhile moves nothing. */
const eachPage = async (
  control: Control,
  proceed: () => Promise<void>,
  asOf: Date | null,
  look: (judged: readonly Judged[]) => Promise<void> | void,
): Promise<void> => {
  let after: string | null = null;
  for (;;) {
    await proceed();
    const targets = await pageLifecycleTargets(control.db, after, databasesAtOnce);
    const [at, catalogue] = [asOf ?? control.now(), control.catalogue];
    await look(targets.map((target) => ({ target, judgement: judge(target, catalogue, at) })));
    after = targets.at(-1)?.id ?? null;
    if (targets.length < databasesAtOnce) return;
  }
};

class Tally {
  private readonly startedMs = performance.now();
  private databases = 0;
  private skipped = 0;
  private marked = 0;
  private unmarked = 0;
  private readonly byFinding: Record<string, number> = {};
  /** What changes comes first: nobody should miss it behind what has long been known. */
  private readonly changes: DatabaseFinding[] = [];
  private readonly standing: DatabaseFinding[] = [];

  constructor(private readonly control: Control) {}

  add(judged: readonly Judged[]): void {
    const { catalogue } = this.control;
    for (const { target, judgement } of judged) {
      this.databases++;
      this.marked += Number(judgement.change === 'mark');
      this.unmarked += Number(judgement.change === 'unmark');
      const found = lifecycleFinding(target, judgement, catalogue);
      if (!found) continue;
      this.byFinding[found.code] = (this.byFinding[found.code] ?? 0) + 1;
      const kept = judgement.change === null ? this.standing : this.changes;
      if (kept.length < findingsKept) kept.push({ databaseId: target.id, handle: target.handle, ...found });
    }
  }

  /** Gone while it was waited for. */
  skip(count: number): void {
    this.skipped += count;
  }

  outcome(): SweepOutcome<DatabaseFinding> {
    const { databases, skipped, byFinding, marked, unmarked } = this;
    const durationMs = Math.round(performance.now() - this.startedMs);
    const counts: SweepCounts = { databases, skipped, byFinding, marked, unmarked, durationMs };
    return { counts, findings: [...this.changes, ...this.standing].slice(0, findingsKept) };
  }
}
