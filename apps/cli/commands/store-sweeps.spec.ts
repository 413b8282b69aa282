import { expect, it } from '@jest/globals';
import type { Sweep } from '../api/documents.js';
import { backupId } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi } from '../testing/scripted-api.js';

const id = '0199d3a0-0000-7000-8000-000000000001';
const at = '2026-01-01T00:00:00.000Z';
const sweepOf = (kind: Sweep['kind'], counts: object, findings: Sweep['findings']): Sweep => ({
  ...{ id, kind, status: 'succeeded', dryRun: false, asOf: null, requestedBy: 'token:owner', error: null },
  ...{ createdAt: at, startedAt: at, finishedAt: at, findings },
  counts: { databases: 0, skipped: 0, byFinding: {}, durationMs: 5, ...counts },
});
const run = async (verb: string, sweep: Sweep) => {
  await using api = await ScriptedApi.start({
    'POST /v1/sweeps': [{ status: 202, body: sweep }],
    [`GET /v1/sweeps/${id}`]: [{ status: 200, body: sweep }],
  });
  return await invoke([verb], { environment: { HOLDFAST_URL: api.url } });
};
const about = { severity: 'notice', store: 'offsite', backupId, handle: 'orders' } as const;

it('backup:discover names each backup, and why one cannot be used', async () => {
  const counts = { requested: 1, byFinding: { manifest: 2, backup_unusable: 1 } };
  const { output, exitCode } = await run(
    'backup:discover',
    sweepOf('discovery', counts, [
      { ...about, code: 'backup_unusable', handle: null, found: 'backup_corrupt: It was changed.' },
      { ...about, code: 'backup_adopted', found: 'automatic; held' },
    ]),
  );
  expect(output).toMatch(/^made known: +1$/m);
  expect(output).toContain(`backup_unusable  offsite  ${backupId}          backup_corrupt: It was changed.\n`);
  expect(output).toContain(`backup_adopted   offsite  ${backupId}  orders  automatic; held\n`);
  expect(exitCode).toBe(1);
});

it('sweep:keys names what was sealed anew under which version, and what was not', async () => {
  const { output, exitCode } = await run(
    'sweep:keys',
    sweepOf('keys', { skipped: 1, byFinding: { credential_resealed: 4 } }, [
      { ...about, code: 'backup_not_resealed', found: 'version 1 of the master key is still needed' },
      { code: 'credential_resealed', severity: 'notice', keyVersion: 2, count: 4, found: 'passwords' },
    ]),
  );
  expect(output).toContain('passwords  4  under version 2\n');
  expect(output).toContain(`backup_not_resealed  offsite  ${backupId}  orders  version 1 of the master key`);
  expect(exitCode).toBe(1);
});
