import { holdBackup } from '../backups/request.js';
import { backupOperand } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<object, [string]>({
  summary: 'End the hold on a backup',
  operands: [backupOperand()],
  notes:
    'Retention may delete it from now on, if it is automatic and its time is over; of a deprovisioned database that is at once, but for the newest.',
  examples: ['holdfast backup:release 0199d3a0-0000-7000-8000-000000000000'],
  async run(session, _options, id) {
    const backup = await holdBackup(session, id, null);
    session.terminal.print(backup, [`Released ${backup.id}`]);
  },
});
