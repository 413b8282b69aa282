import { requestOnBackup } from '../backups/request.js';
import { followVerification, verificationOutcome } from '../backups/verification.js';
import { detachedNote } from '../operations/outcome.js';
import { backupOperand, detachOption, type DetachOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<DetachOptions, [string]>({
  summary: 'Prove that a backup restores, in a throw-away container without a network',
  operands: [backupOperand()],
  options: [detachOption()],
  notes: 'Ends with code 1 when it is anything but verified in the end.',
  examples: ['holdfast backup:verify 0199d3a0-0000-7000-8000-000000000000'],
  async run(session, { detach }, id) {
    const requested = await requestOnBackup(session, id, { type: 'verify' });
    if (detach) return session.terminal.print(requested, [detachedNote(requested)]);
    return followVerification(session, requested, id, (backup, operation) =>
      session.terminal.print({ backup, operation }, [verificationOutcome(backup, operation)]),
    );
  },
});
