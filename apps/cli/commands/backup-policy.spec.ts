import { describe, expect, it } from '@jest/globals';
import type { BackupPolicy } from '../api/documents.js';
import { backupId, page } from '../testing/documents.js';
import { invoke, type InvocationOptions } from '../testing/invoke.js';
import { ScriptedApi, type Scene } from '../testing/scripted-api.js';

const policy: BackupPolicy = {
  ...{ daily: 30, monthly: 12, yearly: 6, makeCopy: false, keepFinal: true },
  ...{ schedule: '0 2 * * *', timeZone: 'UTC', store: null, copyStore: null, maximumAgeHours: 48 },
};
const own = { daily: 1, monthly: null, yearly: null, schedule: null, timeZone: null, maximumAgeHours: null };
const ofEnvironment = '/v1/environments/default/backup-policy';
const ofDatabase = '/v1/databases/default/orders/backup-policy';
const ok = (body: unknown): Scene => ({ status: 200, body });
const wouldDelete: Scene = {
  status: 409,
  body: {
    ...{ type: 'about:blank', title: 'Refused', status: 409, code: 'backup_policy_would_delete' },
    ...{ detail: '1 automatic backup would go, of orders.', remedy: 'Confirm it.' },
    errors: [{ path: backupId, message: 'of "orders", 2026-11-20T02:00:00.000Z' }],
  },
};

const startApi = (changes: Record<string, Scene[]> = {}) =>
  ScriptedApi.start({
    'GET /v1/environments': [page({ name: 'default' })],
    [`GET ${ofEnvironment}`]: [ok(policy)],
    [`PUT ${ofEnvironment}`]: [ok(policy)],
    [`GET ${ofDatabase}`]: [ok({ own, effective: { ...policy, daily: 1 } })],
    [`PUT ${ofDatabase}`]: [ok({ own, effective: { ...policy, daily: 1 } })],
    ...changes,
  });
const run = (api: ScriptedApi, line: string, options: InvocationOptions = {}) =>
  invoke(line.split(' '), { environment: { HOLDFAST_URL: api.url }, ...options });
const sent = (api: ScriptedApi, path: string) => api.requests('PUT', path).map(({ body }) => body);

describe('backup-policy', () => {
  it('shows what the environment promises, also where it is the only one and not named', async () => {
    await using api = await startApi();
    for (const line of ['backup-policy', 'backup-policy default']) {
      const { exitCode, output } = await run(api, line);
      expect(exitCode).toBe(0);
      expect(output).toMatch(/^daily: +30$/m);
      expect(output).toMatch(/^schedule: +0 2 \* \* \* \(UTC\)$/m);
      expect(output).toMatch(/^store: +the default one$/m);
      expect(output).toMatch(/^alert after: +48 h without a verified backup$/m);
    }
  });

  it('shows what holds for a database, and as JSON what it has of its own as well', async () => {
    await using api = await startApi();
    expect((await run(api, 'backup-policy --database orders')).output).toMatch(/^daily: +1$/m);
    const { output } = await run(api, 'backup-policy --database orders -o json');
    expect(JSON.parse(output)).toEqual({ own, effective: { ...policy, daily: 1 } });
  });
});

describe('backup-policy:set', () => {
  it('sends what was given and nothing else', async () => {
    await using api = await startApi();
    await run(api, 'backup-policy:set default --daily 14 --yearly 0 --no-keep-final --time-zone Europe/Berlin');
    await run(api, 'backup-policy:set --make-copy --store first --copy-store second --maximum-age-hours 30');
    expect(sent(api, ofEnvironment)).toEqual([
      { daily: 14, yearly: 0, keepFinal: false, timeZone: 'Europe/Berlin', confirm: false },
      { makeCopy: true, store: 'first', copyStore: 'second', maximumAgeHours: 30, confirm: false },
    ]);
  });

  it('names no store any more', async () => {
    await using api = await startApi();
    await run(api, 'backup-policy:set --no-make-copy --no-copy-store');
    await run(api, 'backup-policy:set --no-store --copy-store second');
    expect(sent(api, ofEnvironment)).toEqual([
      { makeCopy: false, copyStore: null, confirm: false },
      { store: null, copyStore: 'second', confirm: false },
    ]);
  });

  it('gives a database back to its environment, but for what is named', async () => {
    await using api = await startApi();
    await run(api, 'backup-policy:set --database orders --reset --daily 2');
    expect(sent(api, ofDatabase)).toEqual([{ ...own, daily: 2, confirm: false }]);
    expect(await run(api, 'backup-policy:set default --reset')).toMatchObject({ exitCode: 2 });
    expect(sent(api, ofEnvironment)).toEqual([]);
  });

  it('takes a schedule of five fields as one word', async () => {
    await using api = await startApi();
    const words = ['backup-policy:set', '--schedule', '30 3 * * *'];
    expect(await invoke(words, { environment: { HOLDFAST_URL: api.url } })).toMatchObject({ exitCode: 0 });
    expect(sent(api, ofEnvironment)).toEqual([{ schedule: '30 3 * * *', confirm: false }]);
  });

  it('changes one database, but not what only an environment has', async () => {
    await using api = await startApi();
    expect((await run(api, 'backup-policy:set --database orders --daily 1')).output).toMatch(/^daily: +1$/m);
    expect(sent(api, ofDatabase)).toEqual([{ daily: 1, confirm: false }]);
    for (const option of [
      '--make-copy',
      '--no-keep-final',
      '--store first',
      '--copy-store second',
      '--no-copy-store',
    ]) {
      expect(await run(api, `backup-policy:set --database orders ${option}`)).toMatchObject({ exitCode: 2 });
    }
    expect([sent(api, ofDatabase).length, sent(api, ofEnvironment).length]).toEqual([1, 0]);
  });

  it('lists what would go and asks; only yes lets it go', async () => {
    for (const [typed, exitCode] of [
      ['y\n', 0],
      ['n\n', 1],
      ['\n', 1],
    ] as const) {
      await using api = await startApi({ [`PUT ${ofEnvironment}`]: [wouldDelete, ok(policy)] });
      const { errors, ...rest } = await run(api, 'backup-policy:set --daily 1', { terminal: true, typed });
      expect(rest.exitCode).toBe(exitCode);
      expect(errors).toContain(`${backupId} of "orders", 2026-11-20T02:00:00.000Z`);
      const confirmed = [{ daily: 1, confirm: true }].slice(exitCode);
      expect(sent(api, ofEnvironment)).toEqual([{ daily: 1, confirm: false }, ...confirmed]);
    }
  });

  it('changes nothing where nobody can be asked, and with --force asks nobody', async () => {
    await using api = await startApi({ [`PUT ${ofEnvironment}`]: [wouldDelete] });
    const { exitCode, errors } = await run(api, 'backup-policy:set --daily 1');
    expect({ exitCode, errors }).toMatchObject({ exitCode: 1, errors: expect.stringContaining('--force') });
    expect(sent(api, ofEnvironment)).toEqual([{ daily: 1, confirm: false }]);
    await using willing = await startApi();
    expect(await run(willing, 'backup-policy:set --daily 1 --force')).toMatchObject({ exitCode: 0 });
    expect(sent(willing, ofEnvironment)).toEqual([{ daily: 1, confirm: true }]);
  });

  it('passes other refusals on', async () => {
    const refusal = { ...(wouldDelete as { body: object }).body, code: 'backup_store_unknown' };
    await using api = await startApi({ [`PUT ${ofEnvironment}`]: [{ status: 409, body: refusal }] });
    expect(await run(api, 'backup-policy:set --store none', { terminal: true, typed: 'y\n' })).toMatchObject({
      exitCode: 1,
    });
    expect(sent(api, ofEnvironment)).toHaveLength(1);
  });
});
