import type { ServerResponse } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { operationId, operationOf, problem, stepOf } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi, type Scene } from '../testing/scripted-api.js';

const operationPath = `GET /v1/operations/${operationId}`;
const logPath = `${operationPath}/log`;

const event = (id: string | null, name: string, data: unknown): string =>
  `${id === null ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

const line = (id: string, message: string) =>
  event(id, 'log', { id, at: '2026-11-22T10:00:00Z', level: 'info', message });

const stream =
  (events: string[], after: (response: ServerResponse) => void = (response) => response.end()): Scene =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(events.join(''), () => after(response));
  };

const answers = (...statuses: Parameters<typeof operationOf>[]): Scene[] =>
  statuses.map((given) => ({ status: 200, body: operationOf(...given) }));

const followIt = (api: ScriptedApi, options: { words?: string[]; interrupted?: AbortSignal } = {}) =>
  invoke(['operation:follow', operationId, ...(options.words ?? [])], {
    environment: { HOLDFAST_URL: api.url },
    ...(options.interrupted ? { interrupted: options.interrupted } : {}),
  });

describe('following an operation', () => {
  it('tells its steps and log lines, and ends with it', async () => {
    await using api = await ScriptedApi.start({
      [operationPath]: answers(['running'], ['succeeded', { steps: [stepOf('stop'), stepOf('start')] }]),
      [logPath]: [stream([event(null, 'step', stepOf('stop')), line('1', 'Going on.'), event(null, 'end', {})])],
    });
    const { exitCode, output, errors } = await followIt(api);
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: '' });
    expect(errors.split('\n')).toEqual([
      `restart ${operationId} running`,
      '     52 ms  stop',
      '  Going on.',
      '     52 ms  start',
      'restart succeeded after 1.5 s',
      '',
    ]);
  });

  it('takes a lost stream up where it broke off, and says nothing twice', async () => {
    await using api = await ScriptedApi.start({
      [operationPath]: answers(['running'], ['running'], ['succeeded']),
      [logPath]: [
        stream([line('5', 'One.')], (response) => response.destroy()),
        stream([line('5', 'One.'), line('6', 'Two.'), event(null, 'end', {})]),
      ],
    });
    const { exitCode, errors } = await followIt(api);
    expect(exitCode).toBe(0);
    expect(errors.match(/One\.|Two\./g)).toEqual(['One.', 'Two.']);
    const streams = api.requests('GET', `/v1/operations/${operationId}/log`);
    expect(streams.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '5']);
    expect(streams[0]?.headers.accept).toBe('text/event-stream');
  });

  it('looks each second while there is no stream', async () => {
    await using api = await ScriptedApi.start({
      [operationPath]: answers(['running'], ['running', { steps: [stepOf('stop')] }], ['succeeded']),
      [logPath]: [(response) => response.destroy()],
    });
    const { exitCode, errors } = await followIt(api);
    expect(exitCode).toBe(0);
    expect(errors).toContain('52 ms  stop');
  });

  it('fails with the error of an operation that fails', async () => {
    const error = { code: 'disk_full', detail: 'No room', remedy: 'Make some.', leftBehind: ['volume x'] } as const;
    const failed = operationOf('failed', { error: { ...error, leftBehind: [...error.leftBehind] } });
    await using api = await ScriptedApi.start({
      [operationPath]: [{ status: 200, body: failed }],
      [logPath]: [stream([event(null, 'end', {})])],
    });
    const { exitCode, errors } = await followIt(api);
    expect(exitCode).toBe(1);
    expect(errors).toContain(
      'holdfast: The operation restart failed: No room. Left behind: volume x. (disk_full)\nMake some.\n',
    );
    const asJson = await followIt(api, { words: ['-o', 'json'] });
    expect(asJson).toMatchObject({ exitCode: 1, output: '' });
    expect(JSON.parse(asJson.errors)).toMatchObject({ code: 'disk_full', remedy: 'Make some.' });
  });

  it('lets go on Ctrl-C and says how to go on', async () => {
    const controller = new AbortController();
    await using api = await ScriptedApi.start({
      [operationPath]: answers(['running']),
      [logPath]: [stream([line('1', 'Going on.')], () => controller.abort())],
    });
    const { exitCode, errors } = await followIt(api, { interrupted: controller.signal });
    expect(exitCode).toBe(130);
    expect(errors).toContain(`holdfast operation:follow ${operationId}`);
  });

  it('prints the operation, and it alone, with --output json', async () => {
    const succeeded = operationOf('succeeded');
    await using api = await ScriptedApi.start({
      [operationPath]: [{ status: 200, body: succeeded }],
      [logPath]: [stream([event(null, 'end', {})])],
    });
    const { output, errors } = await followIt(api, { words: ['-o', 'json'] });
    expect(JSON.parse(output)).toEqual(succeeded);
    expect(errors).toBe('');
  });

  it('is refused when there is no such operation', async () => {
    await using api = await ScriptedApi.start({ [operationPath]: [problem(404, 'operation_not_found')] });
    expect(await followIt(api)).toMatchObject({ exitCode: 1 });
  });
});
