import { switchBackups } from '../databases/switch-backups.js';
import { databaseOperand, environmentOptions, type EnvironmentOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<EnvironmentOptions, [string]>({
  summary: 'Take no automatic backup of a database, and no final one',
  operands: [databaseOperand()],
  options: environmentOptions(),
  notes:
    'Its schedule, its alert and its retention stand still: the backups that there are stay. `holdfast db:backup` still takes one. No final backup is taken when it is deprovisioned.',
  examples: ['holdfast db:disable-backups cache'],
  run: (session, options, handle) => switchBackups(session, handle, options, false),
});
