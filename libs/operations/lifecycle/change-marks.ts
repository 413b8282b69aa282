import { sweepActor } from '#domain/drift/sweep.js';
import { judge, type Judgement } from '#domain/lifecycle/mark.js';
import { faultPoints } from '#observability/fault-points.js';
import { appendAudit } from '#persistence/audit/append.js';
import type { Tx } from '#persistence/connection.js';
import { lockLifecycleTargets, removeMarks, writeMarks, type LifecycleTarget } from '#persistence/lifecycle-marks.js';
import { insertNotices, type Notice } from '#persistence/notices.js';
import { newId, type Control } from '../control.js';
import { auditEvent } from '../requests/audit.js';

export interface Judged {
  readonly target: LifecycleTarget;
  readonly judgement: Judgement;
}

interface Changed {
  readonly judged: readonly Judged[];
  readonly busy: readonly string[];
}

/**
 * Marks and unmarks what of these databases needs it, each with its notice and its entry in the history, in one transaction. Everything
 * that decides is looked at anew once the rows are held, the clock and the catalogue included, so that whoever comes second, or late, finds
 * nothing left to change. Returns those that were held by somebody else and have not been looked at, when they are not to be waited for.
 */
export const changeMarks = (control: Control, ids: readonly string[], held: 'skip' | 'wait'): Promise<Changed> =>
  control.db.transaction().execute(async (tx) => {
    const changed = await changeMarksIn(control, tx, sweepActor('deprecation'), ids, held);
    await faultPoints.reached('deprecation:marked');
    return changed;
  });

/** The same in the transaction of what changed them, such as their version: the sweep finds nothing left to do. */
export const changeMarksIn = async (
  control: Control,
  tx: Tx,
  actor: string,
  ids: readonly string[],
  held: 'skip' | 'wait',
): Promise<Changed> => {
  const targets = await lockLifecycleTargets(tx, ids, held);
  const [now, catalogue] = [control.now(), control.catalogue];
  const judged = targets.map((target) => ({ target, judgement: judge(target, catalogue, now) }));
  const changed = judged.filter(({ judgement }) => judgement.change !== null);
  await writeMarks(tx, changed.flatMap(markOf), now);
  await removeMarks(
    tx,
    changed.flatMap(({ target, judgement }) => (judgement.change === 'unmark' ? [target.id] : [])),
  );
  const notices = changed.map(noticeOf);
  await insertNotices(tx, notices, now);
  await appendAudit(tx, ...notices.map((notice) => auditOf(notice, actor, now)));
  const seen = new Set(targets.map(({ id }) => id));
  return { judged, busy: held === 'skip' ? ids.filter((id) => !seen.has(id)) : [] };
};

const markOf = ({ target, judgement: { change, mark } }: Judged) =>
  change === 'mark' && mark ? [{ databaseId: target.id, lifecycle: mark, version: target.version }] : [];

const noticeOf = ({ target, judgement }: Judged): Notice => ({
  id: newId(),
  event: judgement.mark === null ? 'database.lifecycle-cleared' : `database.${judgement.mark}`,
  environmentId: target.environmentId,
  databaseId: target.id,
  detail: {
    ...{ version: target.version, before: target.mark, mark: judgement.mark },
    ...(judgement.mark === null ? { because: becauseOf(target, judgement) } : {}),
  },
});

const becauseOf = ({ mark, version }: LifecycleTarget, { exempted }: Judgement): string => {
  if (exempted) return 'exempted';
  return mark?.version === version ? 'catalogue-changed' : 'version-changed';
};

const auditOf = ({ event, environmentId, databaseId, detail, id }: Notice, actor: string, now: Date) =>
  auditEvent(now, actor, event, { environmentId, databaseId }, { ...detail, noticeId: id });
