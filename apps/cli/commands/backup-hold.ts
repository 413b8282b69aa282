import { Option } from 'commander';
import { holdBackup } from '../backups/request.js';
import { backupOperand } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<{ readonly reason: string }, [string]>({
  summary: 'Hold a backup, so that nothing and nobody deletes it',
  operands: [backupOperand()],
  options: [new Option('--reason <text>', 'why; whoever wants to delete it is told').makeOptionMandatory()],
  fields: { hold: '--reason' },
  notes:
    'A held copy keeps its original as well, and a held original its copies. A backup has one hold: another reason takes the place of the former one, which is printed, and stands in the history.',
  examples: ['holdfast backup:hold 0199d3a0-0000-7000-8000-000000000000 --reason audit-2026'],
  async run(session, { reason }, id) {
    const backup = await holdBackup(session, id, reason);
    const { hold, formerHold: former } = backup;
    const replaced = former !== null && former.at !== hold?.at;
    session.terminal.print(backup, [
      `Held ${backup.id}: ${hold?.reason ?? ''}`,
      ...(replaced ? [`In the place of the hold by ${former.by}: ${former.reason}`] : []),
    ]);
  },
});
