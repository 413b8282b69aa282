import { describe, expect, it } from '@jest/globals';
import type { Forecast, Sweep } from '../api/documents.js';
import { database, databaseId } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi } from '../testing/scripted-api.js';

const id = '0199d3a0-0000-7000-8000-000000000009';
const at = '2026-11-27T00:00:00.000Z';
const sweep: Sweep = {
  ...{ id, kind: 'deprecation', status: 'succeeded', dryRun: true, asOf: '2027-01-01T00:00:00.000Z', error: null },
  ...{ requestedBy: 'token:owner', createdAt: at, startedAt: at, finishedAt: at },
  counts: { ...{ databases: 3, skipped: 0, marked: 1, unmarked: 0, durationMs: 4 }, byFinding: { deprecated: 1 } },
  findings: [
    {
      ...{ databaseId, handle: 'orders', code: 'deprecated', severity: 'notice', repair: 'manual' },
      ...{ recorded: 'no mark', found: 'version 7.0, deprecated since the end of 2026-12-31' },
      lifecycle: { version: '7.0', status: 'deprecated', exemption: null, change: 'mark' },
    },
  ],
};
const item: Forecast['items'][number] = {
  ...{ databaseId, environment: 'default', handle: 'orders', version: '7.0', change: 'deprecated' },
  ...{ because: 'version', lastDay: '2026-12-31', takesEffectOn: '2027-01-01', inDays: 35, within: 90 },
  ...{ exemption: { reason: 'later', endsOn: '2027-06-30' }, exempted: true },
};
const forecast: Forecast = {
  ...{ items: [item], nextCursor: null, asOf: at, days: 180 },
  windows: [30, 90, 180].map((withinDays) => ({ withinDays, databases: Number(withinDays > 30) })),
};
const run = (api: ScriptedApi, ...words: string[]) => invoke(words, { environment: { HOLDFAST_URL: api.url } });

describe('sweep:deprecation', () => {
  it('asks for a forecast and says what would be done', async () => {
    await using api = await ScriptedApi.start({
      'POST /v1/sweeps': [{ status: 202, body: sweep }],
      [`GET /v1/sweeps/${id}`]: [{ status: 200, body: sweep }],
    });
    const { output, exitCode } = await run(api, 'sweep:deprecation', '--dry-run', '--as-of', '2027-01-01');
    expect(api.requests('POST', '/v1/sweeps')[0]?.body).toEqual({
      ...{ kind: 'deprecation', dryRun: true, asOf: '2027-01-01' },
    });
    expect(output).toMatch(/would be marked: +1\n/);
    expect(output).toContain('orders  version 7.0, deprecated since the end of 2026-12-31  would be marked\n');
    expect(exitCode).toBe(0);
  });
});

describe('lifecycle:forecast', () => {
  const path = 'GET /v1/lifecycle/forecast';

  it('lists what comes, and who is exempted', async () => {
    await using api = await ScriptedApi.start({ [path]: [{ status: 200, body: forecast }] });
    const { output } = await run(api, 'lifecycle:forecast');
    expect(output).toMatch(/within 90 days: +1\n/);
    expect(output).toContain(
      '2027-01-01  35       default/orders  7.0      deprecated  exempted until 2027-06-30: later\n',
    );
  });

  it.each([
    ['--format', 'json'],
    ['-o', 'json'],
  ])('is one document with %s %s', async (...words) => {
    await using api = await ScriptedApi.start({ [path]: [{ status: 200, body: forecast }] });
    expect(JSON.parse((await run(api, 'lifecycle:forecast', ...words)).output)).toEqual(forecast);
  });

  it('hands a calendar through as it came', async () => {
    const text = 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n';
    await using api = await ScriptedApi.start({
      'GET /v1/lifecycle/forecast.ics': [
        (response) => response.writeHead(200, { 'content-type': 'text/calendar' }).end(text),
      ],
    });
    expect((await run(api, 'lifecycle:forecast', '--format', 'ics', '--days', '30')).output).toBe(text);
  });
});

describe('db:exempt and db:unexempt', () => {
  const path = `/v1/databases/${databaseId}`;
  const exemption = { reason: 'later', endsOn: '2027-06-30', grantedBy: 'token:owner', grantedAt: at, inForce: true };

  it('say until when', async () => {
    await using api = await ScriptedApi.start({
      [`PUT ${path}/exemption`]: [{ status: 200, body: { ...database, exemption } }],
      [`DELETE ${path}/exemption`]: [{ status: 200, body: database }],
    });
    const words = ['db:exempt', databaseId, '--reason', 'later', '--until', '2027-06-30'];
    expect((await run(api, ...words)).output).toBe('orders is exempted until 2027-06-30.\n');
    expect(api.requests('PUT', `${path}/exemption`)[0]?.body).toEqual({ reason: 'later', endsOn: '2027-06-30' });
    expect((await run(api, 'db:unexempt', databaseId)).output).toBe('orders is exempted no more.\n');
    expect((await run(api, 'db:exempt', databaseId)).exitCode).toBe(2);
  });
});
