import { holdBackup } from '../backups/request.js';
import { backupOperand } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<object, [string]>({
  summary: 'End the hold on a backup',
  operands: [backupOperand()],
  notes:
    'Retention may delete it from now on, if it is automatic and its time is over; of a deprovisioned database that is at once, but for the newest. One that nothing holds stays as it is.',
  examples: ['holdfast backup:release 0199d3a0-0000-7000-8000-000000000000'],
  async run(session, _options, id) {
    const backup = await holdBackup(session, id, null);
    const former = backup.formerHold;
    session.terminal.print(backup, [
      former ? `Released ${backup.id}, held by ${former.by}: ${former.reason}` : `Nothing held ${backup.id}`,
    ]);
  },
});
