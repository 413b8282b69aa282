import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { announcedBy } from '../backups/rdb-file.js';
import {
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

const bytes = 'REDIS0012 and so on';
const digestOf = (text: string): string => `sha-256=:${createHash('sha256').update(text).digest('base64')}:`;
const imports = '/v1/environments/default/imports';
const exported = `/v1/backups/${backupId}/rdb`;

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-cli-files-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  for (const name of await readdir(folder)) await rm(at(name));
});

const run = (api: ScriptedApi, line: string, { environment, ...options }: InvocationOptions = {}) =>
  invoke(line.split(' '), { environment: { HOLDFAST_URL: api.url, ...environment }, ...options });

describe('backup:export', () => {
  const file = (headers: Record<string, string> = {}, sent = bytes): Scene => {
    const all = { 'content-type': 'application/octet-stream', 'content-length': String(bytes.length), ...headers };
    return (response) => {
      response.writeHead(200, all);
      if (sent.length === Number(all['content-length'])) response.end(sent);
      else response.write(sent, () => response.destroy());
    };
  };
  const startApi = (scene: Scene) => ScriptedApi.start({ [`GET ${exported}`]: [scene] });
  const line = (name: string): string => `backup:export ${backupId} --file ${name}`;

  it('writes a file for its owner only, and says how large it is', async () => {
    await using api = await startApi(file({ 'repr-digest': digestOf(bytes) }));
    const { exitCode, output } = await run(api, line(at('dump.rdb')));
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: `Wrote ${at('dump.rdb')}, 19 B\n` });
    expect(await readFile(at('dump.rdb'), 'utf8')).toBe(bytes);
    expect((await stat(at('dump.rdb'))).mode & 0o777).toBe(0o600);
    const asJson = await run(api, `${line(at('dump.rdb'))} --force -o json`);
    expect(JSON.parse(asJson.output)).toEqual({ file: at('dump.rdb'), bytes: bytes.length });
  });

  it('writes the bytes and nothing else to the standard output', async () => {
    await using api = await startApi(file());
    expect(await run(api, line('-'))).toMatchObject({ exitCode: 0, output: bytes });
  });

  it.each([
    ['is cut', file({}, bytes.slice(0, 5)), 'export_incomplete'],
    ['has other bytes than were announced', file({ 'repr-digest': digestOf('others') }), 'export_incomplete'],
    ['is refused', problem(409, 'backup_not_complete'), 'backup_not_complete'],
  ])('leaves no file, whole or in part, of an answer that %s', async (_, scene, code) => {
    await using api = await startApi(scene);
    const { exitCode, output, errors } = await run(api, line(at('dump.rdb')));
    expect({ exitCode, output }).toEqual({ exitCode: 1, output: '' });
    expect(errors).toContain(code);
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves a file of before as it is when the new one does not come through', async () => {
    await writeFile(at('dump.rdb'), 'of before');
    await using api = await startApi(file({}, bytes.slice(0, 5)));
    expect(await run(api, `${line(at('dump.rdb'))} --force`)).toMatchObject({ exitCode: 1 });
    expect(await readFile(at('dump.rdb'), 'utf8')).toBe('of before');
  });

  it('replaces no file of before unless it is told to', async () => {
    await writeFile(at('dump.rdb'), 'of before');
    await using api = await startApi(file());
    const { exitCode, errors } = await run(api, line(at('dump.rdb')));
    expect({ exitCode, errors }).toMatchObject({ exitCode: 2, errors: expect.stringContaining('or --force') });
    expect(api.requests('GET', exported)).toEqual([]);
    expect(await readFile(at('dump.rdb'), 'utf8')).toBe('of before');
    expect(await run(api, `${line(at('dump.rdb'))} --force`)).toMatchObject({ exitCode: 0 });
    expect(await readFile(at('dump.rdb'), 'utf8')).toBe(bytes);
  });

  it('says which folder takes no file', async () => {
    await using api = await startApi(file());
    const { exitCode, errors } = await run(api, line(at('nowhere/dump.rdb')));
    expect({ exitCode, errors }).toMatchObject({ exitCode: 2, errors: expect.stringContaining('ENOENT') });
  });

  it('takes the name that was announced, and of a path its last part; without a length there is no telling', () => {
    const named = (name: string) =>
      new Headers({ 'content-length': '3', 'content-disposition': `attachment; filename="${name}"` });
    expect(announcedBy(named('orders.rdb'), 'x')).toEqual({ fileName: 'orders.rdb', sizeBytes: 3, sha256: null });
    expect(announcedBy(named('../../etc/orders.rdb'), 'x').fileName).toBe('orders.rdb');
    expect(announcedBy(new Headers({ 'content-length': '3' }), 'x.rdb').fileName).toBe('x.rdb');
    expect(() => announcedBy(new Headers(), 'x')).toThrow('does not say how long');
  });
});

describe('backup:import', () => {
  const startApi = (changes: Record<string, Scene[]> = {}, method: 'scan' | 'replication' = 'replication') =>
    ScriptedApi.start({
      'GET /v1/environments': [page({ name: 'default' })],
      [`POST ${imports}`]: [
        { status: 202, body: { database, backupId, operation: operationOf('queued', { type: 'import' }) } },
      ],
      [`GET /v1/operations/${operationId}/log`]: [ended],
      [`GET /v1/operations/${operationId}`]: [
        { status: 200, body: operationOf('succeeded', { type: 'import', receipt: { databaseId, method } }) },
      ],
      [`GET /v1/databases/${databaseId}`]: [{ status: 200, body: database }],
      [`GET /v1/databases/${databaseId}/credentials`]: [
        page({ type: 'redis+ssl', follows: 'primary', url: 'rediss://x' }),
      ],
      ...changes,
    });
  const sentTo = (api: ScriptedApi) => api.requests('POST', imports)[0];

  it('sends a file with its length and what was wished, and prints the URL alone', async () => {
    await writeFile(at('dump.rdb'), bytes);
    await using api = await startApi();
    const wishes = '--version 7.0 --persistence rdb --container-size 512 --disk-size 3';
    const { exitCode, output, errors } = await run(api, `backup:import orders --file ${at('dump.rdb')} ${wishes}`);
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: 'rediss://x\n' });
    expect(errors).toContain(`the data are the backup ${backupId}`);
    expect(sentTo(api)).toMatchObject({ body: bytes, headers: { 'content-length': String(bytes.length) } });
    const query = new URL(sentTo(api)?.path ?? '', api.url).searchParams;
    expect(Object.fromEntries(query)).toEqual({
      ...{ handle: 'orders', version: '7.0', persistence: 'rdb', memoryMb: '512', diskGb: '3' },
    });
  });

  it('sends what is piped in', async () => {
    await using api = await startApi();
    expect(await run(api, 'backup:import orders --file -', { typed: bytes })).toMatchObject({ exitCode: 0 });
    expect(sentTo(api)).toMatchObject({ body: bytes, headers: { 'transfer-encoding': 'chunked' } });
  });

  const source = 'rediss://reader:secret@redis.example.com:6380';
  const sendsTheUrl = async (line: string, options: InvocationOptions = {}) => {
    await using api = await startApi();
    const { exitCode, output, errors } = await run(api, line, options);
    expect({ exitCode, body: sentTo(api)?.body }).toEqual({
      exitCode: 0,
      body: { handle: 'orders', sourceUrl: source },
    });
    expect(output).not.toContain('secret');
    return errors;
  };

  it('takes the URL from where nobody else sees it, and does not show it', async () => {
    await writeFile(at('url'), `${source}\n`);
    expect(
      await sendsTheUrl('backup:import orders --from-env SOURCE', { environment: { SOURCE: source } }),
    ).not.toMatch(/secret|Warning/);
    expect(await sendsTheUrl(`backup:import orders --from-file ${at('url')}`)).not.toMatch(/secret|Warning/);
    const asked = await sendsTheUrl('backup:import orders', { terminal: true, typed: `${source}\n` });
    expect(asked).toContain('URL of the source: ');
    expect(asked).not.toContain('secret');
  });

  it('warns of a password in the arguments', async () => {
    expect(await sendsTheUrl(`backup:import orders --from ${source}`)).toContain('Warning: whoever may list processes');
  });

  it('sends the authority to believe, or that none is needed', async () => {
    await writeFile(at('ca.pem'), 'a certificate');
    await using api = await startApi();
    const line = 'backup:import orders --from rediss://redis.example.com';
    await run(api, `${line} --ca-file ${at('ca.pem')}`);
    await run(api, `${line} --insecure --detach`);
    expect(api.requests('POST', imports).map(({ body }) => body)).toMatchObject([
      { tlsCaPem: 'a certificate' },
      { insecure: true },
    ]);
  });

  it('says of keys that were read one by one that they are no snapshot', async () => {
    for (const [method, said] of [
      ['scan', true],
      ['replication', false],
    ] as const) {
      await using api = await startApi({}, method);
      const { errors } = await run(api, 'backup:import orders --from redis://redis.example.com');
      expect(errors.includes('it is no snapshot')).toBe(said);
    }
  });

  it.each([
    ['--file a --from redis://b', 'Give one of'],
    ['--file a --from-env B', 'Give one of'],
    ['--file a --insecure', 'no certificate'],
    ['--file a --ca-file b', 'no certificate'],
    ['--file /nonexistent/dump.rdb', 'cannot be read: ENOENT'],
    ['--from-env UNSET', 'UNSET is not set'],
    ['--from-file /nonexistent/url', 'cannot be read: ENOENT'],
    ['--from redis://b --ca-file /nonexistent/ca.pem', 'cannot be read: ENOENT'],
    ['--detach', 'Give --file'],
  ])('asks for nothing with %s', async (options, said) => {
    await using api = await startApi();
    const { exitCode, errors } = await run(api, `backup:import orders ${options}`);
    expect({ exitCode, errors }).toMatchObject({ exitCode: 2, errors: expect.stringContaining(said) });
    expect(sentTo(api)).toBeUndefined();
  });

  it('passes a refusal and a failure on', async () => {
    await writeFile(at('dump.rdb'), bytes);
    const line = `backup:import orders --file ${at('dump.rdb')}`;
    await using refusing = await startApi({ [`POST ${imports}`]: [problem(422, 'import_invalid')] });
    expect(await run(refusing, line)).toMatchObject({ exitCode: 1, errors: expect.stringContaining('import_invalid') });
    const error = { code: 'disk_full' as const, detail: 'No room.', remedy: 'Make some.', leftBehind: [] };
    const failed = { status: 200, body: operationOf('failed', { type: 'import', error }) };
    await using failing = await startApi({ [`GET /v1/operations/${operationId}`]: [failed] });
    expect(await run(failing, line)).toMatchObject({
      ...{ exitCode: 1, output: '' },
      errors: expect.stringContaining('(disk_full)'),
    });
  });
});
