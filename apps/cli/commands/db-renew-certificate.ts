import { findDatabase } from '../databases/reference.js';
import { carryOut } from '../operations/change.js';
import { databaseOperand, followedOptions, type FollowedOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<FollowedOptions, [string]>({
  summary: 'Give a database a new certificate, with no client noticing',
  operands: [databaseOperand()],
  options: followedOptions(),
  notes: 'The sweep of certificates does it by itself when a third of the time is left; see sweep:certificates.',
  examples: ['holdfast db:renew-certificate orders'],
  async run(session, options, handle) {
    const database = await findDatabase(session, handle, options);
    const operation = await carryOut(session, database, { type: 'renew-certificate' }, options);
    if (!operation) return;
    const { notAfter, serialNumber } = operation.receipt ?? {};
    session.terminal.print(operation, [`The certificate ${String(serialNumber)} is good until ${String(notAfter)}.`]);
  },
});
