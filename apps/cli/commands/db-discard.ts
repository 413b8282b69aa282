import { changeVerb } from '../databases/change-verb.js';

export const verb = changeVerb(
  { type: 'discard' },
  {
    summary: 'Remove the servers that upgrades of a database have kept, before their time',
    notes: 'They go by themselves when their time is over. Without them the safety backup is the only way back.',
    examples: ['holdfast db:discard orders', 'holdfast db:discard orders --confirm orders'],
  },
);
