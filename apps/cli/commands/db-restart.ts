import { changeVerb } from '../databases/change-verb.js';

export const verb = changeVerb(
  { type: 'restart' },
  {
    summary: 'Restart a database in its container',
    notes: 'A memory-only database loses all its data, so its handle is asked for.',
    examples: ['holdfast db:restart orders', 'holdfast db:restart cache --confirm cache'],
  },
);
