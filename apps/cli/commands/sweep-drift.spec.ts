import { describe, expect, it } from '@jest/globals';
import type { Sweep } from '../api/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi } from '../testing/scripted-api.js';

const id = '0199d3a0-0000-7000-8000-000000000001';
const running: Sweep = {
  ...{
    id,
    kind: 'drift',
    status: 'running',
    dryRun: false,
    asOf: null,
    requestedBy: 'token:owner',
    counts: null,
    error: null,
    findings: [],
  },
  ...{ createdAt: '2026-01-01T00:00:00.000Z', startedAt: '2026-01-01T00:00:00.000Z', finishedAt: null },
};
const counts = { databases: 2, skipped: 0, byHealth: { healthy: 1, down: 1 }, byFinding: { container_stopped: 1 } };
const ended: Sweep = {
  ...running,
  ...{ status: 'succeeded', finishedAt: '2026-01-01T00:00:01.000Z' },
  counts: { ...counts, healthChanges: 1, repairsRequested: 1, durationMs: 90 },
};
const finding = {
  ...{ databaseId: id, handle: 'orders', code: 'container_stopped', severity: 'down', repair: 'safe' },
  ...{ recorded: 'a running container', found: 'exited' },
} as const;

const asking = { 'POST /v1/sweeps': [{ status: 202, body: running }] };
const path = `GET /v1/sweeps/${id}`;
const sweep = (api: ScriptedApi, ...more: string[]) =>
  invoke(['sweep:drift', ...more], { environment: { HOLDFAST_URL: api.url } });

describe('sweep:drift', () => {
  it('waits for the end, shows what was found, and tells by its exit code', async () => {
    const scenes = [running, { ...ended, findings: [finding] }].map((body) => ({ status: 200, body }));
    await using api = await ScriptedApi.start({ ...asking, [path]: scenes });
    const { output, exitCode } = await sweep(api);
    expect(output).toContain('repairs asked for:   1\n');
    expect(output).toContain(
      'orders  down  container_stopped  recorded a running container, found exited  is repaired\n',
    );
    expect(exitCode).toBe(1);
  });

  it('ends well when all is as recorded', async () => {
    await using api = await ScriptedApi.start({ ...asking, [path]: [{ status: 200, body: ended }] });
    expect((await sweep(api)).exitCode).toBe(0);
  });

  it('waits for nothing when told so', async () => {
    await using api = await ScriptedApi.start(asking);
    expect((await sweep(api, '--detach')).output).toBe(`The sweep is ${id}.\n`);
    expect(api.requests('GET', `/v1/sweeps/${id}`)).toEqual([]);
  });
});
