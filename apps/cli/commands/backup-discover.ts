import { answer } from '../api/client.js';
import { detachOption, type DetachOptions } from '../options.js';
import { awaitSweep } from '../sweeps/await-sweep.js';
import { backupFindingRows } from '../sweeps/findings.js';
import { columns, fields } from '../text/columns.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<DetachOptions>({
  summary: 'Make known the backups that lie in the stores and that Holdfast does not know',
  options: [detachOption()],
  notes:
    'The way back after Postgres was lost, or onto an empty machine: the stores and the master key are enough. What is found is held, so that nothing deletes it, and listed by backup:orphaned. Below the counts stands each backup with its store, its id, the handle of its database, and what it is, or why it cannot be used. Ends with code 1 when a store did not answer or a backup cannot be used.',
  examples: ['holdfast backup:discover', 'holdfast backup:discover -o json'],
  async run(session, { detach }) {
    const asked = await answer(session.api.POST('/v1/sweeps', { body: { kind: 'discovery' } }));
    if (detach) {
      session.terminal.print(asked, [`The sweep is ${asked.id}.`]);
      return 0;
    }
    const sweep = await awaitSweep(session, asked.id);
    const found = (code: string): number => sweep.counts?.byFinding[code] ?? 0;
    session.terminal.print(sweep, [
      ...fields({
        error: sweep.error,
        'manifests in the stores': found('manifest'),
        'made known': sweep.counts?.requested ?? 0,
        'not usable': found('backup_unusable'),
        'stores that did not answer': found('store_unreachable'),
      }),
      ...columns(backupFindingRows(sweep.findings)),
    ]);
    return sweep.status === 'succeeded' && found('backup_unusable') + found('store_unreachable') === 0 ? 0 : 1;
  },
});
