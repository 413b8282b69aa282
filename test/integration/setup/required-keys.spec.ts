import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '#configuration/configuration.js';
import type { Control } from '#operations/control.js';
import { startControl } from '#operations/installation/require-keys.js';
import { SecretBox, type MasterKey } from '#operations/secrets/secret-box.js';
import { createFakeInstallation, type FakeInstallation } from '../../support/fake-installation.js';
import { backup, create } from '../../support/requests.js';

const keyOf = (version: number): MasterKey => ({ version, key: randomBytes(32) });
const [first, second] = [keyOf(1), keyOf(2)];
let installation: FakeInstallation;
let warnings: unknown[];

beforeAll(async () => {
  installation = await createFakeInstallation({ secrets: new SecretBox([first]) });
});
afterAll(() => installation.close());

/** As every app does, with these keys. */
const started = async (keys: readonly MasterKey[], databaseUrl = installation.databaseUrl): Promise<Control> => {
  warnings = [];
  const configuration = loadConfiguration({
    HOLDFAST_HOME: tmpdir(),
    HOLDFAST_DATABASE_URL: databaseUrl,
    HOLDFAST_MASTER_KEY: keys.map(({ version, key }) => `${version}:${key.toString('base64')}`).join('\n'),
  });
  const logger = { warn: (said: unknown) => void warnings.push(said), error: () => undefined };
  return startControl(configuration, 'app', logger);
};

const starts = async (keys: readonly MasterKey[], databaseUrl?: string): Promise<void> =>
  (await started(keys, databaseUrl)).db.destroy();

describe('an app that starts', () => {
  it('has all keys that the rows are sealed under', async () => {
    await starts([first]);
    await starts([first, second]);
    expect(warnings).toEqual([]);
  });

  it('refuses to, without the key of the authority and of passwords', async () => {
    await expect(starts([second])).rejects.toMatchObject({
      code: 'configuration_invalid',
      detail: expect.stringContaining('lacks version 1 of the master key'),
    });
  });

  it('tells of backups whose key is not there, and starts', async () => {
    const { databaseId, operationId } = await create(installation, 'source');
    await installation.runner().run(operationId);
    const control = { ...installation.control, secrets: new SecretBox([first, second]) };
    const taken = await backup(installation, databaseId);
    expect(await installation.runner({ control }).run(taken.operationId)).toEqual({ kind: 'done' });
    await starts([first]);
    expect(warnings).toEqual([{ version: 2, backups: 1 }]);
  });

  it('has the key of an answer that may still be asked for again', async () => {
    const { db } = installation.control;
    const answered = { actor: 'test', key: 'repeated', request_hash: 'any', status: 201, location: null };
    await db
      .insertInto('idempotency_keys')
      .values({ ...answered, body: JSON.stringify('3:sealed') })
      .execute();
    await expect(starts([first, second])).rejects.toMatchObject({
      code: 'configuration_invalid',
      detail: expect.stringContaining('lacks version 3 of the master key'),
    });
    await db
      .updateTable('idempotency_keys')
      .set({ created_at: new Date(Date.now() - 25 * 3_600_000) })
      .execute();
    await starts([first, second]);
  });

  it('starts while Postgres is away', async () => {
    await starts([second], 'postgres://nobody@127.0.0.1:1/none');
    expect(warnings).toHaveLength(1);
  });
});
