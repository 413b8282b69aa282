import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorCatalogue, type ErrorCode } from '#domain/errors/catalogue.js';
import type { Problem } from '#contracts/http/problem.js';
import { expectFailedWithoutTrace, footprint } from '../support/footprint.js';
import { redisImage } from '../support/images.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { asTenant } from '../support/tenant.js';

/** Every refusal says what, why and what to do, and leaves nothing behind. */

jest.setTimeout(60_000);

let live: Live;
let directory: string;
let standing: LiveDatabase;

const tlsProtocols = ['TLSv1.2'];
const catalogue = {
  versions: [
    { version: '7.0', image: redisImage('7.0'), tlsProtocols, eolAt: '2024-07', deprecatedAt: '2025-12' },
    { version: '7.2', image: redisImage('7.0'), tlsProtocols, eolAt: '2026-02', deprecatedAt: '2099-05' },
    { version: '8.0', image: redisImage('8.0'), tlsProtocols, default: true },
    // The newest one is offered whatever its dates; this one's image is nowhere.
    { version: '9.0', image: 'holdfast.invalid/redis:9.0', tlsProtocols, deprecatedAt: '2025-01' },
  ],
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-catalogue-'));
  const file = join(directory, 'catalogue.json');
  await writeFile(file, JSON.stringify(catalogue));
  live = await Live.start({ HOLDFAST_CATALOGUE_FILE: file });
  standing = await live.provision('standing');
}, 60_000);

afterAll(async () => {
  await live.close();
  await rm(directory, { recursive: true });
}, 60_000);

const expectProblem = (problem: Problem, code: ErrorCode): void => {
  const { status, title, remedy } = errorCatalogue[code];
  expect(problem).toMatchObject({ code, status, title, remedy });
  expect(problem.detail.length).toBeGreaterThan(10);
  expect(problem.requestId).not.toBe('');
};

/** Refused at once, and as if it had never been asked. */
const expectRefusedWithoutTrace = async (refuse: () => Promise<Problem>, code: ErrorCode): Promise<Problem> => {
  const before = await footprint(live);
  const problem = await refuse();
  expectProblem(problem, code);
  expect(await footprint(live)).toEqual(before);
  return problem;
};

describe('versions', () => {
  it('a deprecated one takes no new databases; the offered ones are named', async () => {
    for (const version of ['7.0', '7.0-aof', '7.0-nordb']) {
      const refuse = (): Promise<Problem> => live.refusedDatabase('old', { version });
      const { detail } = await expectRefusedWithoutTrace(refuse, 'version_deprecated');
      for (const offered of ['7.2', '8.0', '9.0']) expect(detail).toContain(offered);
    }
  });

  it.each(['6.9', '8', '8.0-rdb', '8.0-aof-aof', '', ' 8.0', '../8.0', 'latest'])(
    '"%s" is unknown',
    async (version) => {
      const refuse = (): Promise<Problem> => live.refusedDatabase('unknown', { version });
      const { detail } = await expectRefusedWithoutTrace(refuse, 'version_unknown');
      expect(detail).toContain('7.0, 7.2, 8.0, 9.0');
    },
  );

  it('show their computed status', async () => {
    const { items } = await live.ask<{ items: { version: string; status: string; offered: boolean }[] }>(
      'GET',
      '/v1/versions',
    );
    expect(items.map(({ version, status, offered }) => ({ version, status, offered }))).toEqual([
      { version: '7.0', status: 'deprecated', offered: false },
      { version: '7.2', status: 'end-of-life', offered: true },
      { version: '8.0', status: 'available', offered: true },
      { version: '9.0', status: 'deprecated', offered: true },
    ]);
  });
});

describe('handles', () => {
  it('one that is taken stays with its database', async () => {
    await expectRefusedWithoutTrace(() => live.refusedDatabase('standing'), 'handle_taken');
    expect(await asTenant(standing, (client) => client.ping())).toBe('PONG');
  });

  it.each([
    ['empty', ''],
    ['too long', 'a'.repeat(65)],
    ['in capitals', 'Upper'],
    ['with a space', 'a b'],
    ['with a newline at its end', 'name\n'],
    ['that begins with a dot', '.hidden'],
    ['that begins with a dash', '--privileged'],
    ['that climbs', '../../etc/passwd'],
    ['with a slash', 'a/b'],
    ['with an encoded slash', 'a%2fb'],
    ['with a zero byte', 'a\0b'],
    ['in Cyrillic that looks Latin', 'аpp'],
    ['in full-width letters', 'ａｐｐ'],
    ['with a zero-width joiner', 'a\u200Db'],
    ['with a combining accent', 'e\u0301'],
    ['with an emoji', '🦆'],
    ['with a quote', "a'; DROP TABLE databases; --"],
    ['that is a number', 7],
    ['that is missing', undefined],
    ['that is null', null],
    ['that is a list', ['standing']],
  ])('one %s is refused', async (_what, handle) => {
    const problem = await expectRefusedWithoutTrace(() => live.refusedDatabase(handle), 'invalid_request');
    expect(new Set(problem.errors?.map(({ path }) => path))).toEqual(new Set(['handle']));
  });
});

describe('fields', () => {
  it.each([
    ['too little memory', { memoryMb: 63 }, 'memoryMb'],
    ['too much memory', { memoryMb: 786_433 }, 'memoryMb'],
    ['negative memory', { memoryMb: -1 }, 'memoryMb'],
    ['half a megabyte', { memoryMb: 64.5 }, 'memoryMb'],
    ['memory as a text', { memoryMb: '64' }, 'memoryMb'],
    ['no disk', { diskGb: 0 }, 'diskGb'],
    ['too much disk', { diskGb: 16_385 }, 'diskGb'],
    ['an unknown persistence', { persistence: 'rdb+aof' }, 'persistence'],
    ['an unknown eviction policy', { maxmemoryPolicy: 'random' }, 'maxmemoryPolicy'],
    ['a text for a switch', { tlsOnly: 'yes' }, 'tlsOnly'],
    ['an unknown field', { password: 'mine' }, 'password'],
    ['a version that is a number', { version: 8 }, 'version'],
    ['a version without end', { version: '8'.repeat(33) }, 'version'],
  ])('%s is refused', async (_what, fields, path) => {
    const problem = await expectRefusedWithoutTrace(() => live.refusedDatabase('fields', fields), 'invalid_request');
    expect(problem.errors).toMatchObject([{ path }]);
  });

  it('several wrong ones are all named at once', async () => {
    const { errors } = await live.refusedDatabase('Bad', { memoryMb: 1, diskGb: 0 });
    expect(errors?.map(({ path }) => path).sort()).toEqual(['diskGb', 'handle', 'memoryMb']);
  });

  it('a huge body is refused', async () => {
    const refuse = (): Promise<Problem> => live.refusedDatabase('a'.repeat(1_000_000));
    await expectRefusedWithoutTrace(refuse, 'payload_too_large');
  });

  it('an environment that does not exist is refused', async () => {
    const refuse = (): Promise<Problem> =>
      live.refusal('POST', '/v1/environments/nowhere/databases', { handle: 'lost', memoryMb: 64 });
    await expectRefusedWithoutTrace(refuse, 'environment_not_found');
  });
});

describe('operations on a database', () => {
  const operation = (body: Readonly<Record<string, unknown>>) => () => live.refusedOperation(standing.id, body);

  it.each([[{}], [{ confirm: '' }], [{ confirm: 'standin' }], [{ confirm: 'STANDING' }], [{ confirm: 'standing ' }]])(
    'a deprovision needs the handle typed: %j is refused',
    async (confirmation) => {
      await expectRefusedWithoutTrace(operation({ type: 'deprovision', ...confirmation }), 'confirmation_required');
      expect((await live.show(standing.id)).status).toBe('provisioned');
    },
  );

  it.each([[{}], [{ type: 'explode' }], [{ type: 'restart', force: true }], [{ type: 'provision' }]])(
    '%j is no operation',
    async (body) => {
      await expectRefusedWithoutTrace(operation(body), 'invalid_request');
    },
  );

  it('deletion protection keeps it, until it is switched off', async () => {
    const path = `/v1/databases/${standing.id}`;
    await live.ask('PATCH', path, { deletionProtection: true });
    const request = { type: 'deprovision', confirm: 'standing' };
    await expectRefusedWithoutTrace(operation(request), 'deletion_protected');
    await live.ask('PATCH', path, { deletionProtection: false });
  });

  it('a second deprovision is refused, and so is everything else afterwards', async () => {
    const short = await live.provision('short-lived');
    const { id } = await live.requestOperation(short.id, {
      type: 'deprovision',
      confirm: short.handle,
      skipFinalBackup: true,
    });
    await live.succeeded(id);
    for (const type of ['deprovision', 'restart', 'reload']) {
      const refuse = (): Promise<Problem> => live.refusedOperation(short.id, { type, confirm: short.handle });
      await expectRefusedWithoutTrace(refuse, 'database_not_ready');
    }
    expectProblem(await live.refusal('GET', `/v1/databases/${short.id}/credentials`), 'database_not_ready');
  });
});

describe('a provision that cannot succeed', () => {
  it('names the image that is missing', async () => {
    const { error } = await expectFailedWithoutTrace(live, 'image_unavailable', () =>
      live.requestDatabase('imageless', { version: '9.0-aof' }),
    );
    expect(error?.detail).toContain('holdfast.invalid/redis:9.0');
  });

  it('says that the host is too small', async () => {
    const { error } = await expectFailedWithoutTrace(live, 'host_full', () =>
      live.requestDatabase('giant', { memoryMb: 786_432 }),
    );
    expect(error?.detail).toMatch(/786432 MB do not fit: the host has \d+ MB/);
  });
});
