import { describe, expect, it } from '@jest/globals';
import { database, page, problem } from './testing/documents.js';
import { invoke } from './testing/invoke.js';
import { ScriptedApi } from './testing/scripted-api.js';

describe('a command line', () => {
  it('without a verb shows the help and fails', async () => {
    const { exitCode, output, errors } = await invoke([]);
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' });
    expect(errors).toContain('Usage: holdfast');
  });

  it('lists every verb under --help', async () => {
    const { exitCode, output } = await invoke(['--help']);
    expect(exitCode).toBe(0);
    expect(output).toContain('db:create [options] <handle>');
    expect(output).toContain('Exit codes: 0 done');
  });

  it.each([
    [['db:crate', 'x'], 'Did you mean db:create?'],
    [['db:create'], "missing required argument 'handle'"],
    [['db:create', 'x', '--colour', 'red'], "unknown option '--colour'"],
    [['db:create', 'x', '--disk-size', 'big'], 'It must be a whole number.'],
    [['db:create', 'x', '--disk-size', '99999999999'], 'It must be between 0 and 999999999.'],
    [['db:create', 'x', '--type', 'postgresql'], 'Allowed choices are redis.'],
    [['db:create', 'x', 'y'], 'too many arguments'],
    [['db:configure', 'x', '--no-tls-only', '--tls-only'], "'--tls-only' cannot be used with option '--no-tls-only'"],
    [['db:list', '--output', 'xml'], 'Allowed choices are text, json.'],
  ])('%j is wrong usage', async (words, detail) => {
    const { exitCode, output, errors } = await invoke(words);
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: '' });
    expect(errors).toMatch(/^holdfast: Wrong usage: .* \(wrong_usage\)\n/);
    expect(errors).toContain(detail);
  });

  it('has a problem document on the error stream with --output json', async () => {
    const { exitCode, errors } = await invoke(['db:create', '-o', 'json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(errors)).toMatchObject({ code: 'wrong_usage', detail: "missing required argument 'handle'" });
  });

  it('takes the output format before the verb as well', async () => {
    await using api = await ScriptedApi.start({ 'GET /v1/databases': [page(database)] });
    const { output } = await invoke(['--output', 'json', 'db:list'], { environment: { HOLDFAST_URL: api.url } });
    expect(JSON.parse(output)).toEqual([database]);
  });

  it('is not disturbed by the variables of the server, and refuses a wrong URL', async () => {
    const environment = { HOLDFAST_URL: 'ftp://x', HOLDFAST_PORT: 'nonsense', HOLDFAST_ANYTHING: 'else' };
    const { exitCode, errors } = await invoke(['db:list'], { environment });
    expect(exitCode).toBe(2);
    expect(errors).toContain('HOLDFAST_URL must be a URL');
    expect(errors).not.toContain('HOLDFAST_PORT');
  });

  it('ends with 3 when nothing answers', async () => {
    const { exitCode, errors } = await invoke(['db:list'], { environment: { HOLDFAST_URL: 'http://127.0.0.1:9' } });
    expect(exitCode).toBe(3);
    expect(errors).toContain('(api_unreachable)');
  });

  it.each([
    [401, 'unauthenticated', 4],
    [403, 'permission_denied', 4],
    [404, 'database_not_found', 1],
    [422, 'version_deprecated', 1],
    [500, 'internal_error', 1],
  ])('tells a refusal with status %d and ends accordingly', async (status, code, exitCode) => {
    await using api = await ScriptedApi.start({ 'GET /v1/databases': [problem(status, code)] });
    const environment = { HOLDFAST_URL: api.url };
    const refused = await invoke(['db:list'], { environment });
    expect(refused).toEqual({
      exitCode,
      output: '',
      errors: `holdfast: Refused: Because. (${code})\nDo something else.\n`,
    });
    const asJson = await invoke(['db:list', '--output=json'], { environment });
    expect(JSON.parse(asJson.errors)).toEqual(problem(status, code).body);
  });

  it.each([
    ['an error page', 502],
    ['a page', 200],
  ])('does not take %s of another server for an answer', async (_what, status) => {
    await using api = await ScriptedApi.start({
      'GET /v1/databases': [(response) => response.writeHead(status).end('<html></html>')],
    });
    const { exitCode, errors } = await invoke(['db:list'], { environment: { HOLDFAST_URL: api.url } });
    expect(exitCode).toBe(3);
    expect(errors).toContain('Holdfast');
  });
});
