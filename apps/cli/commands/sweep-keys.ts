import { answer } from '../api/client.js';
import { detachOption, type DetachOptions } from '../options.js';
import { awaitSweep } from '../sweeps/await-sweep.js';
import { backupFindingRows, keyFindings } from '../sweeps/findings.js';
import { columns, fields } from '../text/columns.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<DetachOptions>({
  summary: 'Seal anew, under the newest master key, all that an older one has sealed',
  options: [detachOption()],
  notes:
    'Passwords, the key of the certificate authority, those of certificates that operators brought, what was sent with operations that wait, stored answers of idempotent requests, and the data keys of backups, whose data stay as they are. Until it ends with code 0 the older master key is needed. Below the counts stands what was sealed anew, under which version, and which backups could not be, and why.',
  examples: ['holdfast sweep:keys'],
  async run(session, { detach }) {
    const asked = await answer(session.api.POST('/v1/sweeps', { body: { kind: 'keys' } }));
    if (detach) {
      session.terminal.print(asked, [`The sweep is ${asked.id}.`]);
      return 0;
    }
    const sweep = await awaitSweep(session, asked.id);
    const left = sweep.counts?.skipped ?? 0;
    session.terminal.print(sweep, [
      ...fields({
        error: sweep.error,
        'passwords sealed anew': sweep.counts?.byFinding['credential_resealed'] ?? 0,
        'backups sealed anew': sweep.counts?.byFinding['backup_resealed'] ?? 0,
        'backups that could not be': left,
      }),
      ...columns(keyFindings(sweep.findings).map(({ found, count, keyVersion }) => sealed(found, count, keyVersion))),
      ...columns(backupFindingRows(sweep.findings)),
    ]);
    return sweep.status === 'succeeded' && left === 0 ? 0 : 1;
  },
});

const sealed = (what: string, count: number, version: number): string[] => [
  what,
  String(count),
  `under version ${version}`,
];
