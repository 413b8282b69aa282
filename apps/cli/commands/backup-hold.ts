import { Option } from 'commander';
import { holdBackup } from '../backups/request.js';
import { backupOperand } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<{ readonly reason: string }, [string]>({
  summary: 'Hold a backup, so that nothing and nobody deletes it',
  operands: [backupOperand()],
  options: [new Option('--reason <text>', 'why; whoever wants to delete it is told').makeOptionMandatory()],
  notes: 'A held copy keeps its original as well, and a held original its copies.',
  examples: ['holdfast backup:hold 0199d3a0-0000-7000-8000-000000000000 --reason audit-2026'],
  async run(session, { reason }, id) {
    const backup = await holdBackup(session, id, reason);
    session.terminal.print(backup, [`Held ${backup.id}: ${backup.hold?.reason ?? ''}`]);
  },
});
