import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resealAll } from '#operations/secrets/reseal.js';
import { SecretBox, type MasterKey } from '#operations/secrets/secret-box.js';
import { startTestApi, type TestApi } from '../../support/api.js';

const keyOf = (version: number): MasterKey => ({ version, key: randomBytes(32) });
const [first, second] = [keyOf(1), keyOf(2)];
let onFile: readonly MasterKey[] = [first];
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({ secrets: new SecretBox([first]), keysOnFile: () => onFile });
});
afterAll(() => api.close());

const ask = (kind: string) => api.send('POST', '/v1/sweeps', { body: { kind } });
const reseal = () =>
  resealAll(
    api.control,
    { names: [], open: () => Promise.reject(new Error('no store')) as never },
    () => Promise.resolve(),
    AbortSignal.timeout(10_000),
  );

describe('a sweep of keys before the restart that loads the new one', () => {
  it.each([
    ['a version that was added', () => [first, second]],
    ['another key of the same version', () => [keyOf(1)]],
  ])('is refused, with %s: by the API, and by the worker', async (_, now) => {
    onFile = now();
    const { status, body } = await ask('keys');
    expect([status, body.code]).toEqual([503, 'master_key_not_loaded']);
    await expect(reseal()).rejects.toMatchObject({ code: 'master_key_not_loaded' });
    expect((await ask('drift')).status).toBe(202);
  });

  it('is made when all that is in the file is loaded, of which a line may be gone', async () => {
    for (const now of [[first], []]) {
      onFile = now;
      expect((await ask('keys')).status).toBe(202);
      await expect(reseal()).resolves.toEqual({ credentials: 0, backups: 0, left: 0 });
    }
  });
});
