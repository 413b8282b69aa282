import { Option } from 'commander';
import { counted } from '#domain/text/counted.js';
import type { Backup, Operation } from '../api/documents.js';
import { backupAt } from '../backups/request.js';
import { followVerification, verificationOf, verificationSentence } from '../backups/verification.js';
import { findDatabase } from '../databases/reference.js';
import { carryOut } from '../operations/change.js';
import { databaseOperand, followedOptions, type FollowedOptions } from '../options.js';
import type { Session } from '../session.js';
import { renderBytes } from '../text/bytes.js';
import { defineVerb } from '../verb.js';

interface BackupOptions extends FollowedOptions {
  readonly verify?: boolean;
}

export const verb = defineVerb<BackupOptions, [string]>({
  summary: 'Take a backup of a database and print its id',
  operands: [databaseOperand()],
  options: followedOptions(
    new Option('--verify', 'wait until it is proved that it restores; fail when that is not proved').conflicts(
      'detach',
    ),
  ),
  notes:
    'The id is all that goes to the standard output. It is a manual backup, kept until it is purged. A verification follows by itself, whether you wait for it or not.',
  examples: [
    'holdfast db:backup orders',
    'ID=$(holdfast db:backup orders --verify)',
    'holdfast db:backup orders -o json',
  ],
  async run(session, options, handle) {
    const database = await findDatabase(session, handle, options);
    const operation = await carryOut(session, database, { type: 'backup-snapshot' }, options);
    if (!operation) return;
    const backup = await backupAt(session, operation.receipt?.backupId ?? '');
    session.terminal.note(takenNote(backup));
    if (!options.verify) return printTaken(session, backup, { backup, operation });
    return followVerification(session, await verificationOf(session, backup), backup.id, (checked, verification) =>
      printTaken(session, checked, { backup: checked, operation, verification }),
    );
  },
});

const takenNote = ({ id, storedBytes, keys, store }: Backup): string => {
  const size = storedBytes === null ? '' : `, ${renderBytes(storedBytes)}`;
  return `Backup ${id} is in the store "${store}"${size}${keys === null ? '' : `, ${counted(keys, 'key')}`}.`;
};

const printTaken = (
  { terminal }: Session,
  backup: Backup,
  document: { backup: Backup; operation: Operation; verification?: Operation },
): void => {
  terminal.note(verificationSentence(backup));
  terminal.print(document, [backup.id]);
};
