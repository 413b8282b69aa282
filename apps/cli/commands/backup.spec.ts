import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Backup } from '../api/documents.js';
import {
  backup,
  backupId,
  database,
  databaseId,
  ended,
  operationId,
  operationOf,
  page,
  problem,
} from '../testing/documents.js';
import { invoke, type InvocationOptions } from '../testing/invoke.js';
import { ScriptedApi, type Scene } from '../testing/scripted-api.js';

const verifyId = '0199d3a0-0000-7000-8000-000000000005';
const requests = `/v1/backups/${backupId}/operations`;
const green = '\u001B[32m';
const ok = (body: unknown): Scene => ({ status: 200, body });
const accepted = (type: 'restore' | 'verify-backup' | 'copy-backup' | 'purge-backup'): Scene => ({
  status: 202,
  body: operationOf('queued', { type }),
});

const startApi = (changes: Record<string, Scene[]> = {}) =>
  ScriptedApi.start({
    'GET /v1/databases/default/orders': [ok(database)],
    [`GET /v1/databases/${databaseId}`]: [ok(database)],
    [`GET /v1/backups/${backupId}`]: [ok(backup)],
    [`GET /v1/operations/${operationId}/log`]: [ended],
    [`GET /v1/operations/${operationId}`]: [ok(operationOf('succeeded', { receipt: { backupId, databaseId } }))],
    'GET /v1/versions': [page({ version: '8.0', status: 'available', deprecatedAt: null })],
    [`GET /v1/databases/${databaseId}/credentials`]: [
      page({ type: 'redis+ssl', follows: 'primary', url: 'rediss://x' }),
    ],
    ...changes,
  });

const run = (api: ScriptedApi, line: string, options: InvocationOptions = {}) =>
  invoke(line.split(' '), { environment: { HOLDFAST_URL: api.url }, ...options });

describe('backup:list', () => {
  const line = 'backup:list default/orders';
  const old = { ...backup, createdAt: '2020-01-01T00:00:00.000Z' };
  const young = { ...backup, createdAt: new Date().toISOString() };

  it.each([
    ['verified', 'complete', true],
    ['unverified', 'complete', false],
    ['failed', 'complete', false],
    ['unverifiable', 'complete', false],
    ['verified', 'failed', false],
  ] as const)('shows %s of one that is %s green: %s', async (verification, status, isGreen) => {
    await using api = await startApi({ 'GET /v1/backups': [page({ ...backup, verification, status })] });
    expect((await run(api, line, { terminal: true })).output.includes(green)).toBe(isGreen);
  });

  it('has no colours where nobody sees them', async () => {
    await using api = await startApi({ 'GET /v1/backups': [page(backup)] });
    expect((await run(api, line)).output).toMatch(/ manual +complete +verified +1\.5 MB +12 +1\.4 s +default$/m);
  });

  it('asks for no further page once one has what is too old', async () => {
    const first = ok({ items: [young, old], nextCursor: 'abc' });
    await using api = await startApi({ 'GET /v1/backups': [first, page(old)] });
    expect(JSON.parse((await run(api, `${line} --max-age 1w -o json`)).output)).toEqual([young]);
    expect(api.requests('GET', '/v1/backups')).toHaveLength(1);
    expect(await run(api, `${line} --max-age soon`)).toMatchObject({ exitCode: 2 });
  });
});

describe('db:backup', () => {
  const verification = { id: verifyId, type: 'verify-backup', parameters: { backupId } } as const;
  const verifying = (end: Scene, checked: Backup = backup) =>
    startApi({
      [`POST /v1/databases/${databaseId}/operations`]: [{ status: 202, body: operationOf('queued') }],
      'GET /v1/operations': [page(operationOf('queued', verification))],
      [`GET /v1/operations/${verifyId}/log`]: [ended],
      [`GET /v1/operations/${verifyId}`]: [end],
      [`GET /v1/backups/${backupId}`]: [ok({ ...backup, verification: 'unverified' }), ok(checked)],
    });
  const done = ok(operationOf('succeeded', verification));

  it('prints the id alone, and does not wait for the verification', async () => {
    await using api = await verifying(done);
    const { exitCode, output, errors } = await run(api, 'db:backup default/orders');
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: `${backupId}\n` });
    expect(errors).toContain('Verification: unverified');
    expect(api.requests('GET', '/v1/operations')).toHaveLength(0);
  });

  it('waits for it with --verify', async () => {
    await using api = await verifying(done);
    const { exitCode, errors } = await run(api, 'db:backup default/orders --verify');
    expect({ exitCode, errors }).toMatchObject({
      exitCode: 0,
      errors: expect.stringContaining('Verification: verified'),
    });
  });

  it('fails when it fails, or ends as anything but verified, and prints the id all the same', async () => {
    const error = { code: 'backup_corrupt' as const, detail: 'Broken.', remedy: 'None.', leftBehind: [] };
    await using failing = await verifying(ok(operationOf('failed', { ...verification, error })), {
      ...backup,
      verification: 'failed',
    });
    expect(await run(failing, 'db:backup default/orders --verify')).toMatchObject({
      ...{ exitCode: 1, output: `${backupId}\n` },
      errors: expect.stringContaining('(backup_corrupt)'),
    });
    await using unsure = await verifying(done, { ...backup, verification: 'unverifiable' });
    expect(await run(unsure, 'db:backup default/orders --verify')).toMatchObject({ exitCode: 1 });
  });
});

describe('backup:verify', () => {
  it('says that this one failed, not what an earlier one showed', async () => {
    const error = {
      ...{ code: 'backup_store_unreachable' as const, detail: 'The disk is away.', remedy: 'Look.' },
      leftBehind: [],
    };
    await using api = await startApi({
      [`POST ${requests}`]: [accepted('verify-backup')],
      [`GET /v1/operations/${operationId}`]: [ok(operationOf('failed', { type: 'verify-backup', error }))],
    });
    const { exitCode, output } = await run(api, `backup:verify ${backupId}`);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/^This verification failed: The disk is away\. .*verified.* as it stands\.\n$/);
  });
});

describe('backup:restore', () => {
  it('sends what was given, prints the URL alone, and warns', async () => {
    await using api = await startApi({
      [`POST ${requests}`]: [accepted('restore')],
      [`GET /v1/backups/${backupId}`]: [ok({ ...backup, version: '7.0', verification: 'unverified' })],
      'GET /v1/versions': [page({ version: '7.0', status: 'deprecated', deprecatedAt: '2025-12-31' })],
    });
    const { exitCode, output, errors } = await run(
      api,
      `backup:restore ${backupId} --handle back -e staging --container-size 512 --disk-size 3 --persistence rdb --keep-credentials --default-settings`,
    );
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: 'rediss://x\n' });
    expect(errors).toContain('7.0 is deprecated since 2025-12-31');
    expect(errors).toContain('The backup is unverified');
    expect(api.requests('POST', requests)[0]?.body).toEqual({
      ...{ type: 'restore', handle: 'back', environment: 'staging', memoryMb: 512, diskGb: 3 },
      ...{ persistence: 'rdb', keepCredentials: true, defaultSettings: true },
    });
  });

  it('takes the version that it is to be restored into for what it warns of', async () => {
    await using api = await startApi({ [`POST ${requests}`]: [accepted('restore')] });
    const { errors } = await run(api, `backup:restore ${backupId} --version 8.0 --detach`);
    expect(errors).not.toContain('Warning');
    expect(api.requests('POST', requests)[0]?.body).toMatchObject({ version: '8.0' });
  });
});

describe('keys of a backup', () => {
  it('are counted in words that fit the number', async () => {
    const keysByDatabase = [
      { index: 0, keys: 12, expiring: 3 },
      { index: 7, keys: 1, expiring: 1 },
    ];
    await using api = await startApi({ [`GET /v1/backups/${backupId}`]: [ok({ ...backup, keysByDatabase })] });
    const { output } = await run(api, `backup:show ${backupId}`);
    expect(output).toMatch(/^ +db0 +12 keys +3 expire\n +db7 +1 key +1 expires$/m);
  });
});

describe('settings of a backup', () => {
  it('are shown', async () => {
    await using api = await startApi();
    const { output } = await run(api, `backup:show ${backupId}`);
    expect(output).toMatch(/^settings: +maxmemory-policy=allkeys-lru save="900 1"$/m);
  });

  it.each([
    [['save', 'io-threads'], true],
    [[], false],
  ])('that a restore leaves out, %j, are named: %s', async (settingsLeftOut, named) => {
    const queued = operationOf('queued', { type: 'restore', parameters: { settingsLeftOut } });
    await using api = await startApi({ [`POST ${requests}`]: [{ status: 202, body: queued }] });
    const { errors } = await run(api, `backup:restore ${backupId} --detach`);
    expect(errors.includes('were left out: save, io-threads.')).toBe(named);
  });
});

describe('backup:purge', () => {
  it('needs the id again, from a person or from --confirm', async () => {
    await using api = await startApi({ [`POST ${requests}`]: [accepted('purge-backup')] });
    expect(await run(api, `backup:purge ${backupId}`)).toMatchObject({ exitCode: 2 });
    expect(api.requests('POST', requests)).toHaveLength(0);
    expect(await run(api, `backup:purge ${backupId} --confirm ${backupId}`)).toMatchObject({ exitCode: 0 });
    await run(api, `backup:purge ${backupId} --detach`, { terminal: true, typed: 'other\n' });
    expect(api.requests('POST', requests).map(({ body }) => body)).toEqual(
      [backupId, 'other'].map((confirm) => ({ type: 'purge', confirm })),
    );
  });

  it('passes a refusal on', async () => {
    await using api = await startApi({ [`POST ${requests}`]: [problem(409, 'backup_held')] });
    expect(await run(api, `backup:purge ${backupId} --confirm ${backupId}`)).toMatchObject({ exitCode: 1 });
  });
});

const holdOf = (reason: string, hour: string) => ({
  ...{ reason, by: 'token:owner', at: `2026-11-22T${hour}:00:00.000Z` },
});

describe('what else is done to a backup', () => {
  it('is held with a reason, and released', async () => {
    const [first, second] = [holdOf('audit', '10'), holdOf('trial', '11')];
    const answers = [
      { hold: first, formerHold: null },
      { hold: first, formerHold: first },
      { hold: second, formerHold: first },
      { hold: null, formerHold: second },
      { hold: null, formerHold: null },
    ].map((holds) => ok({ ...backup, ...holds }));
    await using api = await startApi({ [`PATCH /v1/backups/${backupId}`]: answers });
    expect(await run(api, `backup:hold ${backupId}`)).toMatchObject({ exitCode: 2 });
    const said: string[] = [];
    for (const verb of ['hold', 'hold', 'hold', 'release', 'release']) {
      const { output, exitCode } = await run(
        api,
        `backup:${verb} ${backupId}${verb === 'hold' ? ' --reason audit' : ''}`,
      );
      expect(exitCode).toBe(0);
      said.push(output);
    }
    expect(said).toEqual([
      `Held ${backupId}: audit\n`,
      `Held ${backupId}: audit\n`,
      `Held ${backupId}: trial\nIn the place of the hold by token:owner: audit\n`,
      `Released ${backupId}, held by token:owner: trial\n`,
      `Nothing held ${backupId}\n`,
    ]);
    const sent = api.requests('PATCH', `/v1/backups/${backupId}`).map(({ body }) => body);
    expect(sent).toEqual([...Array(3).fill({ hold: 'audit' }), { hold: null }, { hold: null }]);
  });

  it('is copied, and the id of the copy printed', async () => {
    await using api = await startApi({ [`POST ${requests}`]: [accepted('copy-backup')] });
    expect((await run(api, `backup:copy ${backupId} --store offsite`)).output).toBe(`${backupId}\n`);
    expect(api.requests('POST', requests)[0]?.body).toEqual({ type: 'copy', store: 'offsite' });
  });

  it('is an orphan with the time of its deletion', async () => {
    const deprovisionedAt = '2026-11-23T00:00:00.000Z';
    await using api = await startApi({
      'GET /v1/backups': [page(backup, backup)],
      [`GET /v1/databases/${databaseId}`]: [ok({ ...database, deprovisionedAt })],
    });
    expect((await run(api, 'backup:orphaned')).output).toContain(`default/orders  ${deprovisionedAt}`);
    expect(api.requests('GET', `/v1/databases/${databaseId}`)).toHaveLength(1);
    expect(api.requests('GET', '/v1/backups')[0]?.path).toContain('orphaned=true');
  });
});

describe('backup:export', () => {
  const exported = `GET /v1/backups/${backupId}/rdb`;
  const cut: Scene = (response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': '1000' });
    response.write('REDIS0012', () => response.destroy());
  };

  it.each([`backup:export ${backupId}`, 'backup:import orders'])(
    '%s refuses a directory before it sends anything',
    async (line) => {
      await using api = await startApi();
      const { exitCode, errors } = await run(api, `${line} --file ${tmpdir()}`);
      expect({ exitCode, errors }).toEqual({ exitCode: 2, errors: expect.stringContaining('is a directory') });
      expect(api.received.filter(({ path }) => /rdb|imports/.test(path))).toEqual([]);
    },
  );

  it('says what to do about an answer that was cut, and leaves no file', async () => {
    await using api = await startApi({ [exported]: [cut] });
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-export-'));
    try {
      const { exitCode, errors } = await run(api, `backup:export ${backupId} --file ${join(directory, 'x.rdb')}`);
      expect({ exitCode, errors }).toEqual({ exitCode: 1, errors: expect.stringContaining('(export_incomplete)') });
      expect(errors).toContain('of 1000 bytes');
      expect(errors).toContain('backup:verify');
      expect(await readdir(directory)).toEqual([]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
