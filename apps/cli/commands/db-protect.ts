import { protectDatabase } from '../databases/protect.js';
import { databaseOperand, environmentOptions, type EnvironmentOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<EnvironmentOptions, [string]>({
  summary: 'Refuse to deprovision a database until it is unprotected',
  operands: [databaseOperand()],
  options: environmentOptions(),
  examples: ['holdfast db:protect orders'],
  run: (session, options, handle) => protectDatabase(session, handle, options, true),
});
