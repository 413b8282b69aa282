import { Option } from 'commander';
import type { Operation } from '../api/documents.js';
import { findDatabase } from '../databases/reference.js';
import { carryOut } from '../operations/change.js';
import { confirmedOptions, databaseOperand, type ConfirmedOptions } from '../options.js';
import { defineVerb } from '../verb.js';

interface DeprovisionOptions extends ConfirmedOptions {
  readonly skipFinalBackup?: boolean;
}

export const verb = defineVerb<DeprovisionOptions, [string]>({
  summary: 'Remove a database and its data for good',
  operands: [databaseOperand()],
  options: confirmedOptions(
    new Option('--skip-final-backup', 'take no last backup: what is not in an older one is lost'),
  ),
  notes:
    'Its handle is asked for, or taken from --confirm. Its history stays readable. A final backup is taken first, if the policy of the environment keeps one; without it nothing is removed, and the database stays as it is. Its automatic backups and their copies go with the next retention sweep, whatever the policy keeps: all but the newest, the newest that is not failed and the newest verified one, and these too once a manual or final one that is as good is newer. Manual, final and held ones stay; `holdfast backup:hold` keeps another.',
  examples: [
    'holdfast db:deprovision orders',
    'holdfast db:deprovision orders --confirm orders',
    'holdfast db:deprovision cache --confirm cache --skip-final-backup',
  ],
  async run(session, options, handle) {
    const database = await findDatabase(session, handle, options);
    const consequence = `The database "${database.handle}" in "${database.environment}" and all its data will be removed. ${backupsGo}`;
    const confirm = await session.terminal.confirmation(database.handle, options.confirm, consequence);
    const skip = options.skipFinalBackup ? { skipFinalBackup: true } : {};
    const operation = await carryOut(session, database, { type: 'deprovision', ...skip }, { ...options, confirm });
    if (operation) session.terminal.print(operation, finalBackup(operation));
  },
});

const backupsGo =
  'Of its automatic backups (and their copies) the next retention sweep keeps no more than the newest good one, and none when a manual or final one that is as good is newer. Manual, final and held ones stay.';

/** A replica leaves none, nor does a database whose policy keeps none, or for which nobody wants one. */
const finalBackup = ({ receipt }: Operation): string[] =>
  receipt?.backupId === undefined ? [] : [`Final backup: ${receipt.backupId}`];
