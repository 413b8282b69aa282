import { protectDatabase } from '../databases/protect.js';
import { databaseOperand, environmentOptions, type EnvironmentOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<EnvironmentOptions, [string]>({
  summary: 'Allow a protected database to be deprovisioned again',
  operands: [databaseOperand()],
  options: environmentOptions(),
  examples: ['holdfast db:unprotect orders'],
  run: (session, options, handle) => protectDatabase(session, handle, options, false),
});
