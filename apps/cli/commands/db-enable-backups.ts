import { switchBackups } from '../databases/switch-backups.js';
import { databaseOperand, environmentOptions, type EnvironmentOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<EnvironmentOptions, [string]>({
  summary: 'Take backups of a database by the policy again',
  operands: [databaseOperand()],
  options: environmentOptions(),
  notes: 'What the policy of its environment, or its own, promises holds from the next moment of the schedule on.',
  examples: ['holdfast db:enable-backups cache'],
  run: (session, options, handle) => switchBackups(session, handle, options, true),
});
