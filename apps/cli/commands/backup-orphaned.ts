import type { Backup } from '../api/documents.js';
import { given } from '../api/given.js';
import { listCells, listHead, momentOf } from '../backups/backup-text.js';
import { backupListOptions, listBackups, type BackupListOptions } from '../backups/listing.js';
import { databaseAt, givenEnvironment } from '../databases/reference.js';
import { environmentOptions, type EnvironmentOptions } from '../options.js';
import type { Session } from '../session.js';
import { table } from '../text/columns.js';
import { defineVerb } from '../verb.js';

type Orphan = Backup & { readonly deprovisionedAt: string | null };

export const verb = defineVerb<EnvironmentOptions & BackupListOptions>({
  summary: 'List the backups of databases that are deprovisioned, the newest first',
  options: [...environmentOptions('all when not given'), ...backupListOptions()],
  examples: ['holdfast backup:orphaned', 'holdfast backup:orphaned --max-age 1y -e staging'],
  async run(session, options) {
    const subject = { orphaned: true, ...given({ environment: givenEnvironment(options) }) };
    const backups = await listBackups(session, subject, options);
    if (backups.length === 0) session.terminal.note('There are no such backups.');
    const orphans = await withDeletion(session, backups);
    session.terminal.print(orphans, table(['id', 'data of', 'database', 'deleted', ...listHead], orphans.map(rowOf)));
  },
});

/** Each database is asked for once, however many backups it left. */
const withDeletion = async (session: Session, backups: readonly Backup[]): Promise<Orphan[]> => {
  const deletions = new Map<string, string | null>();
  for (const { database } of backups) {
    if (!deletions.has(database)) deletions.set(database, (await databaseAt(session, database)).deprovisionedAt);
  }
  return backups.map((backup) => ({ ...backup, deprovisionedAt: deletions.get(backup.database) ?? null }));
};

const rowOf = (orphan: Orphan): string[] => [
  orphan.id,
  momentOf(orphan),
  `${orphan.environment}/${orphan.handle}`,
  orphan.deprovisionedAt ?? '-',
  ...listCells(orphan),
];
