import { changeVerb } from '../databases/change-verb.js';

export const verb = changeVerb(
  { type: 'reload' },
  {
    summary: 'Replace the container of a database, keeping its data',
    notes: 'A memory-only database loses all its data, so its handle is asked for.',
    examples: ['holdfast db:reload orders', 'holdfast db:reload cache --confirm cache'],
  },
);
