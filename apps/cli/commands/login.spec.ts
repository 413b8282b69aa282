import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { page, problem } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi } from '../testing/scripted-api.js';

describe('login', () => {
  let home: string;
  beforeEach(async () => (home = await mkdtemp(join(tmpdir(), 'holdfast-login-'))));
  afterEach(() => rm(home, { recursive: true }));
  const file = () => join(home, '.config/holdfast/credentials.json');

  it('stores a token that the API knows where only its owner can read it, and later verbs use it', async () => {
    await using api = await ScriptedApi.start({ 'GET /v1/environments': [page({ id: 'e', name: 'default' })] });
    const environment = { HOME: home };
    const login = await invoke(['login', '--url', `${api.url}/`], { environment, typed: 'my-token\n' });
    expect(login.exitCode).toBe(0);
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual({ url: api.url, token: 'my-token' });
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect(await invoke(['env:list'], { environment })).toEqual({ exitCode: 0, output: 'default\n', errors: '' });
    expect(api.received.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill('Bearer my-token'));
  });

  it('does not echo a token that is typed', async () => {
    await using api = await ScriptedApi.start({ 'GET /v1/environments': [page()] });
    const options = { environment: { HOME: home, HOLDFAST_URL: api.url }, terminal: true, typed: 'my-token\r' };
    const { exitCode, output, errors } = await invoke(['login'], options);
    expect(exitCode).toBe(0);
    expect(output + errors).not.toContain('my-token');
  });

  it('stores nothing that the API refuses', async () => {
    await using api = await ScriptedApi.start({ 'GET /v1/environments': [problem(401, 'unauthenticated')] });
    const { exitCode } = await invoke(['login', '--url', api.url], { environment: { HOME: home }, typed: 'wrong' });
    expect(exitCode).toBe(4);
    expect(await readdir(home)).toEqual([]);
  });

  it('warns of a file that others can read', async () => {
    await using api = await ScriptedApi.start({ 'GET /v1/environments': [page()] });
    const environment = { HOME: home };
    await invoke(['login', '--url', api.url], { environment, typed: 'my-token' });
    await chmod(file(), 0o644);
    expect((await invoke(['env:list'], { environment })).errors).toContain(`chmod 600 ${file()}`);
  });
});
