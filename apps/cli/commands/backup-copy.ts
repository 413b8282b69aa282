import { Option } from 'commander';
import { given } from '../api/given.js';
import { backupAt, carryOutOnBackup } from '../backups/request.js';
import { backupOperand, detachOption, type DetachOptions } from '../options.js';
import { defineVerb } from '../verb.js';

interface CopyOptions extends DetachOptions {
  readonly store?: string;
}

export const verb = defineVerb<CopyOptions, [string]>({
  summary: 'Copy a backup into another store and print the id of the copy',
  operands: [backupOperand()],
  options: [
    new Option('--store <name>', "the store; the second one of the environment's policy when not given"),
    detachOption(),
  ],
  notes: 'A copy is restored, verified and held by its own id. It is purged with its original.',
  examples: [
    'holdfast backup:copy 0199d3a0-0000-7000-8000-000000000000',
    'holdfast backup:copy 0199d3a0-0000-7000-8000-000000000000 --store offsite',
  ],
  async run(session, options, id) {
    const request = { type: 'copy', ...given({ store: options.store }) } as const;
    const operation = await carryOutOnBackup(session, id, request, options);
    if (!operation) return;
    const backup = await backupAt(session, operation.receipt?.backupId ?? '');
    session.terminal.note(`The copy is in the store "${backup.store}".`);
    session.terminal.print({ backup, operation }, [backup.id]);
  },
});
