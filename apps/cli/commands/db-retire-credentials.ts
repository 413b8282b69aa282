import { changeVerb } from '../databases/change-verb.js';

export const verb = changeVerb(
  { type: 'retire-credentials' },
  {
    summary: 'End the grace time of a rotation now: only the password that is shown works',
    notes:
      'Every client is dropped, and those that know only a former password cannot come back: the handle is asked for.',
    examples: ['holdfast db:retire-credentials orders', 'holdfast db:retire-credentials orders --confirm orders'],
  },
);
