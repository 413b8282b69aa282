import { momentDue, type ScheduleMoments } from '#domain/backup/schedule.js';
import { sweepActor } from '#domain/drift/sweep.js';
import { faultPoints } from '#observability/fault-points.js';
import { policyBook } from '#persistence/backup-policies.js';
import {
  arrangeSchedules,
  isBeingBackedUp,
  scheduledDatabases,
  serveMoment,
  type ScheduledDatabase,
} from '#persistence/backup-schedules.js';
import { lockDatabase } from '#persistence/databases.js';
import type { Control } from '../../control.js';
import { requestBackup } from '../../requests/request-backup.js';
import { momentsAround } from './cron.js';

/** After a long standstill all databases are due at once: the rest has its turn with the next sweep. */
const requestsPerSweep = 100;
const lot = 20;

export interface AskedForBackups {
  readonly databases: number;
  readonly requested: number;
  /** The backup before is not ready yet. */
  readonly skipped: number;
}

/**
 * Asks for the automatic backups that are due. `proceed` is asked before each lot and ends the sweep by throwing. Each request is in one
 * transaction with the note that its moment was served, so that a sweep may end anywhere, and two may run at a time.
 */
export const askForBackups = async (control: Control, proceed: () => Promise<void>): Promise<AskedForBackups> => {
  const { db } = control;
  const now = control.now();
  await arrangeSchedules(db, now);
  await faultPoints.reached('backup-schedule:arranged');
  const [databases, due] = [await scheduledDatabases(db), await dueSelector(control, now)];
  const ready = databases.flatMap((database) => {
    const moment = due(database);
    return moment === null ? [] : [{ database, moment }];
  });
  let [requested, skipped, tried] = [0, 0, 0];
  for (const { database, moment } of ready) {
    if (requested >= requestsPerSweep) break;
    if (tried++ % lot === 0) await proceed();
    const outcome = await serve(control, database.id, moment);
    await faultPoints.reached('backup-schedule:asked');
    requested += Number(outcome === 'requested');
    skipped += Number(outcome === 'skipped');
  }
  return { databases: databases.length, requested, skipped };
};

/** The moments of a schedule are worked out once for all databases that have it. */
const dueSelector = async (control: Control, now: Date): Promise<(database: ScheduledDatabase) => Date | null> => {
  const policyFor = await policyBook(control.db);
  const known = new Map<string, ScheduleMoments>();
  return (database) => {
    const { schedule, timeZone } = policyFor(database);
    const key = `${timeZone} ${schedule}`;
    const moments = known.get(key) ?? momentsAround(schedule, timeZone, now);
    known.set(key, moments);
    return momentDue(moments, database.served_at, database.id, now);
  };
};

/** The lock on the database lets one decide at a time. */
const serve = (control: Control, databaseId: string, moment: Date): Promise<'requested' | 'skipped' | 'served'> =>
  control.db.transaction().execute(async (tx) => {
    const database = await lockDatabase(tx, databaseId, 'no key update');
    if (!database || (await isBeingBackedUp(tx, databaseId))) return 'skipped';
    if (!(await serveMoment(tx, databaseId, moment))) return 'served';
    await requestBackup(control, tx, sweepActor('backup-schedule'), database, 'automatic');
    await faultPoints.reached('backup-schedule:asking');
    return 'requested';
  });
