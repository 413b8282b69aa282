import type { Backup } from '../api/documents.js';
import { listCells, listHead, momentOf } from '../backups/backup-text.js';
import { backupListOptions, listBackups, type BackupListOptions } from '../backups/listing.js';
import { databasePath } from '../databases/reference.js';
import { databaseOperand, environmentOptions, type EnvironmentOptions } from '../options.js';
import { table } from '../text/columns.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<EnvironmentOptions & BackupListOptions, [string]>({
  summary: 'List the backups of a database, the newest first',
  operands: [databaseOperand()],
  options: [...environmentOptions(), ...backupListOptions()],
  notes:
    'The time is that of the data. Copies in another store are listed by themselves. For a database that is deprovisioned give its id, or use backup:orphaned.',
  examples: ['holdfast backup:list orders', 'holdfast backup:list orders --max-age 1w --verification verified'],
  async run(session, options, handle) {
    const backups = await listBackups(session, { database: await databasePath(session, handle, options) }, options);
    if (backups.length === 0) session.terminal.note('There are no such backups.');
    session.terminal.print(backups, table(['id', 'data of', ...listHead], backups.map(rowOf)));
  },
});

const rowOf = (backup: Backup): string[] => [backup.id, momentOf(backup), ...listCells(backup)];
