import { findDatabase } from '../databases/reference.js';
import { z } from 'zod';
import { exitCodes } from '../failure/exit-codes.js';
import { carryOut } from '../operations/change.js';
import { databaseOperand, followedOptions, type FollowedOptions } from '../options.js';
import { defineVerb } from '../verb.js';

const outcome = z.looseObject({
  repaired: z.array(z.string()).default([]),
  left: z.array(z.object({ code: z.string(), reason: z.string() })).default([]),
});

export const verb = defineVerb<FollowedOptions, [string]>({
  summary: 'Make the server of a database what is recorded of it again, as far as that is safe',
  operands: [databaseOperand()],
  options: followedOptions(),
  notes:
    'Starts a stopped container, makes a missing one again from its volume, and puts back role, link, users, settings and restart policy. ' +
    'It never picks one of two servers that take writes, and never restarts a memory-only server whose replicas hold its data.',
  examples: ['holdfast db:repair orders'],
  async run(session, options, handle) {
    const database = await findDatabase(session, handle, options);
    const operation = await carryOut(session, database, { type: 'repair' }, options);
    if (!operation) return;
    const { repaired, left } = outcome.parse(operation.receipt);
    session.terminal.print(operation, [
      ...repaired.map((code) => `repaired: ${code}`),
      ...left.map(({ code, reason }) => `left: ${code}: ${reason}`),
    ]);
    // What is left needs somebody's hand, which a script has to notice.
    return left.length > 0 ? exitCodes.failed : undefined;
  },
});
