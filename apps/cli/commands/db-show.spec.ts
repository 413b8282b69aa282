import { describe, expect, it } from '@jest/globals';
import type { Database } from '../api/documents.js';
import { backup, database, page } from '../testing/documents.js';
import { invoke } from '../testing/invoke.js';
import { ScriptedApi, type Scene } from '../testing/scripted-api.js';

const idOf = (digit: number): string => `0199d3a0-0000-7000-8000-00000000000${digit}`;

const member = (digit: number, changes: Partial<Database>): Database => ({
  ...{ ...database, id: idOf(digit), role: 'replica' },
  ...changes,
});

const members = [
  member(1, { handle: 'top', role: 'primary', replicas: [idOf(2), idOf(3)] }),
  member(2, { handle: 'left', source: idOf(1), replicas: [idOf(4)] }),
  member(3, { handle: 'right', source: idOf(1), health: 'degraded', healthReason: 'The link is down.' }),
  member(4, { handle: 'leaf', source: idOf(2) }),
];

const seen: Record<string, object> = {
  top: { answers: true, server: { link: null } },
  left: { answers: true, server: { link: 'up', lagBytes: 14, lagSeconds: 0 } },
  right: { answers: true, server: { link: 'down', lagBytes: 99, lagSeconds: 40 } },
  leaf: { answers: false, server: null },
};

const startApi = () =>
  ScriptedApi.start(
    Object.fromEntries<Scene[]>([
      ['GET /v1/backups', [page(backup)]],
      ...members.flatMap((body): [string, Scene[]][] => [
        [`GET /v1/databases/${body.id}`, [{ status: 200, body }]],
        [`GET /v1/databases/${body.id}/status`, [{ status: 200, body: { live: seen[body.handle] ?? null } }]],
      ]),
    ]),
  );

const show = (api: ScriptedApi, digit: number, ...words: string[]) =>
  invoke(['db:show', idOf(digit), ...words], { environment: { HOLDFAST_URL: api.url } });

describe('db:show', () => {
  it.each([1, 2, 3, 4])('shows the whole tree whoever of it is asked for (%d)', async (digit) => {
    await using api = await startApi();
    const { exitCode, output } = await show(api, digit);
    expect(exitCode).toBe(0);
    const mark = (own: number) => (own === digit ? '>' : ' ');
    expect(output.trimEnd().split('\n').slice(-4)).toEqual([
      `${mark(1)} top       primary  provisioned  healthy`,
      `${mark(2)}   left    replica  provisioned  healthy   link up, 14 bytes behind`,
      `${mark(4)}     leaf  replica  provisioned  healthy   does not answer`,
      `${mark(3)}   right   replica  provisioned  degraded  link down for 40 s        The link is down.`,
    ]);
  });

  it('has the tree in its document too', async () => {
    await using api = await startApi();
    const document = JSON.parse((await show(api, 4, '-o', 'json')).output) as Database & { tree: object[] };
    expect(document).toMatchObject({ handle: 'leaf', source: idOf(2) });
    expect(document.tree.map((each) => (each as { depth: number }).depth)).toEqual([0, 1, 2, 1]);
  });

  it('asks for nothing more when a database stands alone', async () => {
    await using api = await ScriptedApi.start({
      [`GET /v1/databases/${idOf(1)}`]: [{ status: 200, body: database }],
      'GET /v1/backups': [page()],
    });
    const { output } = await show(api, 1);
    expect(output).not.toContain('> ');
    expect(output).toMatch(/^newest verified backup: +none$/m);
    expect(api.received).toHaveLength(2);
  });

  it('names what an upgrade has kept, until when, and where to read on', async () => {
    const kept = {
      container: 'h-db-1',
      volume: 'h-db-1',
      version: '7.0',
      upgrade: idOf(9),
      until: '2026-11-24T10:00Z',
    };
    await using api = await ScriptedApi.start({
      [`GET /v1/databases/${idOf(1)}`]: [{ status: 200, body: { ...database, keptServers: [kept] } }],
      'GET /v1/backups': [page()],
    });
    expect((await show(api, 1)).output).toContain(
      `server of version 7.0 kept until 2026-11-24T10:00Z as h-db-1, see holdfast operation:show ${idOf(9)}\n`,
    );
  });

  it('names the verified backup with the newest data, which a copy of older data is not', async () => {
    const copy = { ...backup, id: idOf(8), snapshotAt: '2026-01-01T00:00:00.000Z' };
    await using api = await ScriptedApi.start({
      [`GET /v1/databases/${idOf(1)}`]: [{ status: 200, body: database }],
      'GET /v1/backups': [page(copy, backup)],
    });
    expect(JSON.parse((await show(api, 1, '-o', 'json')).output)).toMatchObject({
      newestVerifiedBackup: { id: backup.id, at: backup.snapshotAt },
    });
    expect(api.received[1]?.path).toContain('verification=verified');
  });
});

describe('the program', () => {
  it('tells its version', async () => {
    expect(await invoke(['--version'])).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});
