import { answer } from '../api/client.js';
import { detachOption, type DetachOptions } from '../options.js';
import { awaitSweep } from '../sweeps/await-sweep.js';
import { fields } from '../text/columns.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<DetachOptions>({
  summary: 'Look for certificates that are due now, and have them renewed',
  options: [detachOption()],
  notes:
    'Ends with code 1 when a certificate ends within the days of the warning. Each renewal is an operation of its own.',
  examples: ['holdfast sweep:certificates'],
  async run(session, { detach }) {
    const asked = await answer(session.api.POST('/v1/sweeps', { body: { kind: 'certificates' } }));
    if (detach) {
      session.terminal.print(asked, [`The sweep is ${asked.id}.`]);
      return 0;
    }
    const sweep = await awaitSweep(session, asked.id);
    const late = sweep.counts?.byFinding['certificate_late'] ?? 0;
    session.terminal.print(
      sweep,
      fields({
        error: sweep.error,
        due: sweep.counts?.databases ?? 0,
        'renewals asked for': sweep.counts?.requested ?? 0,
        'end soon': late,
      }),
    );
    return sweep.status === 'succeeded' && late === 0 ? 0 : 1;
  },
});
