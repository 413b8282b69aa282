import type { Backup } from '../api/documents.js';
import { kindText, momentOf } from '../backups/backup-text.js';
import { backupAt, carryOutOnBackup } from '../backups/request.js';
import { backupOperand, confirmOption, detachOption, type ConfirmOptions, type DetachOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<ConfirmOptions & DetachOptions, [string]>({
  summary: 'Delete a backup and its copies for good',
  operands: [backupOperand()],
  options: [confirmOption('id'), detachOption()],
  notes: 'Its id is asked for again, or taken from --confirm. One that is held is refused.',
  examples: [
    'holdfast backup:purge 0199d3a0-0000-7000-8000-000000000000',
    'holdfast backup:purge 0199d3a0-0000-7000-8000-000000000000 --confirm 0199d3a0-0000-7000-8000-000000000000',
  ],
  async run(session, options, id) {
    const backup = await backupAt(session, id);
    const confirm = await session.terminal.confirmation(backup.id, options.confirm, consequenceOf(backup));
    const operation = await carryOutOnBackup(session, backup.id, { type: 'purge', confirm }, options);
    if (operation) session.terminal.print(operation, [`Purged ${backup.id}`]);
  },
});

const consequenceOf = (backup: Backup): string => {
  const { environment, handle, copies } = backup;
  const more = copies.length === 0 ? '' : ` and its copies (${copies.join(', ')})`;
  return `The ${kindText(backup)} backup of "${handle}" in "${environment}" from ${momentOf(backup)}${more} will be deleted for good.`;
};
