import { describe, expect, it } from '@jest/globals';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi, type Scene } from '../testing/scripted-api.js';

const lines = '{"seq":1,"hash":"a","body":"{}"}\n{"seq":2,"hash":"b","body":"{}"}\n';

const exportOf =
  (text: string, cut = false): Scene =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.write(text, () => (cut ? response.destroy() : response.end()));
  };

const run = async (scenes: Record<string, Scene[]>, ...words: string[]) => {
  await using api = await ScriptedApi.start(scenes);
  return await invoke(words, { environment: { HOLDFAST_URL: api.url } });
};

describe('audit:export', () => {
  it('passes the lines on as they are', async () => {
    const { exitCode, output } = await run({ 'GET /v1/audit/export': [exportOf(lines)] }, 'audit:export');
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: lines });
  });

  it.each([
    [lines, 2],
    ['', 0],
  ])('is one document with --output json', async (text, count) => {
    const { output } = await run({ 'GET /v1/audit/export': [exportOf(text)] }, 'audit:export', '-o', 'json');
    expect(JSON.parse(output)).toHaveLength(count);
  });

  it('fails when the stream breaks off', async () => {
    expect(await run({ 'GET /v1/audit/export': [exportOf(lines, true)] }, 'audit:export')).toMatchObject({
      exitCode: 3,
    });
  });
});

describe('audit:verify', () => {
  const verification = { entries: 9, checkpoints: 1, head: { seq: 9, hash: 'x' } };

  it('ends with 0 for a whole history', async () => {
    const body = { ...verification, ok: true, problems: [] };
    const { exitCode, output } = await run({ 'GET /v1/audit/verify': [{ status: 200, body }] }, 'audit:verify');
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: 'The history is whole: 9 entries, 1 checkpoint.\n' });
  });

  it('ends with 1 and names what is wrong', async () => {
    const problems = [{ seq: 4, problem: 'edited', detail: 'Entry 4 does not match.' }];
    const body = { ...verification, ok: false, problems };
    const { exitCode, output } = await run({ 'GET /v1/audit/verify': [{ status: 200, body }] }, 'audit:verify');
    expect(exitCode).toBe(1);
    expect(output).toContain('4    edited   Entry 4 does not match.');
  });
});
