import { answer } from '../api/client.js';
import type { Sweep } from '../api/documents.js';
import { detachOption, type DetachOptions } from '../options.js';
import { awaitSweep } from '../sweeps/await-sweep.js';
import { databaseFindings } from '../sweeps/findings.js';
import { columns, fields } from '../text/columns.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<DetachOptions>({
  summary: 'Look at all databases now for what is not as recorded',
  options: [detachOption()],
  notes:
    'Ends with code 1 when a database is not healthy. A sweep changes no database; what is safe to repair it has repaired by an operation.',
  examples: ['holdfast sweep:drift', 'holdfast sweep:drift -o json'],
  async run(session, { detach }) {
    const asked = await answer(session.api.POST('/v1/sweeps', { body: { kind: 'drift' } }));
    if (detach) {
      session.terminal.print(asked, [`The sweep is ${asked.id}.`]);
      return 0;
    }
    const sweep = await awaitSweep(session, asked.id);
    session.terminal.print(sweep, describe(sweep));
    return sweep.status === 'succeeded' && sweep.findings.length === 0 ? 0 : 1;
  },
});

const describe = ({ counts, error, findings }: Sweep): string[] => [
  ...fields({
    error,
    databases: counts && counts.databases,
    'held by operations': counts && counts.skipped,
    healthy: counts && (counts.byHealth?.['healthy'] ?? 0),
    degraded: counts && (counts.byHealth?.['degraded'] ?? 0),
    down: counts && (counts.byHealth?.['down'] ?? 0),
    'repairs asked for': counts && (counts.repairsRequested ?? 0),
    took: counts && `${counts.durationMs} ms`,
  }),
  ...columns(
    databaseFindings(findings).map(({ handle, severity, code, recorded, found, repair }) => [
      handle,
      severity,
      code,
      `recorded ${recorded}, found ${found}`,
      { safe: 'is repaired', manual: 'somebody has to decide', none: 'nothing to be done here' }[repair],
    ]),
  ),
];
