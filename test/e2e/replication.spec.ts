import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FaultRun } from '../support/fault-run.js';
import { create, databaseRow, finished, promote, replicate, request } from '../support/requests.js';

const patience = 120_000;
let run: FaultRun;

beforeAll(async () => {
  run = await FaultRun.open();
  await run.installation.start('scheduler');
  await run.worker();
}, patience);
afterAll(() => run.close(), patience);

const succeeded = async (operationId: string) => {
  const operation = await finished(run.installation, operationId);
  expect(operation).toMatchObject({ status: 'succeeded', error: null });
  return operation;
};

describe.each(['8.0', '7.0', '6.0'])('a replica of a database of Redis %s', (version) => {
  it(
    'follows its source, is promoted, is followed, and is unlinked',
    async () => {
      const name = version.replace('.', '');
      const source = await create(run.installation, `source-${name}`, { version });
      await succeeded(source.operationId);
      await run.throughDoors(source.databaseId, 'SET', 'before', 'yes');
      const replica = await replicate(run.installation, source.databaseId, `replica-${name}`);
      await succeeded(replica.operationId);
      await run.throughDoors(source.databaseId, 'SET', 'after', 'yes');
      expect(await run.throughDoors(replica.databaseId, 'GET', 'before')).toEqual(['yes', 'yes']);

      const promotion = await succeeded(await promote(run.installation, replica.databaseId));
      console.log(version, JSON.stringify(promotion.receipt));
      expect(await databaseRow(run.installation, source.databaseId)).toMatchObject({ role: 'replica' });
      expect(await run.throughDoors(replica.databaseId, 'SET', 'promoted', 'yes')).toEqual(Array(4).fill('OK'));
      expect(await run.throughDoors(replica.databaseId, 'GET', 'after')).toEqual(Array(4).fill('yes'));

      await succeeded(await request(run.installation, source.databaseId, 'unlink'));
      expect(await run.throughDoors(source.databaseId, 'SET', 'alone', 'yes')).toEqual(Array(4).fill('OK'));
      await succeeded(await request(run.installation, source.databaseId, 'deprovision'));
      await succeeded(await request(run.installation, replica.databaseId, 'deprovision'));
      expect(await run.complaints()).toEqual([]);
    },
    patience,
  );
});
