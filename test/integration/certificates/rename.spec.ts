import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { containerName, serverPaths } from '#domain/server/names.js';
import { requestRename } from '#operations/requests/request-rename.js';
import { create, databaseRow, finished, replicate, request } from '../../support/requests.js';
import { refusalOf } from '../../support/refusal-of.js';
import { containerOf, foundOf } from '../../support/sweeps.js';
import { createWorkedInstallation, type WorkedInstallation } from '../../support/worked-installation.js';

const patience = 60_000;
const signal = (): AbortSignal => AbortSignal.timeout(10_000);
let installation: WorkedInstallation;

beforeAll(async () => {
  installation = await createWorkedInstallation('renamed');
});
afterAll(() => installation.close());

const provisioned = async (handle: string): Promise<string> => {
  const { databaseId, operationId } = await create(installation, handle);
  expect((await finished(installation, operationId)).status).toBe('succeeded');
  return databaseId;
};
const ask = async (id: string, handle: string): Promise<string> => {
  const { control } = installation;
  const row = await databaseRow(installation, id);
  return (await control.db.transaction().execute((tx) => requestRename(control, tx, 'test', row, handle))).id;
};
const rename = async (id: string, handle: string) => finished(installation, await ask(id, handle));
const namesOf = async (id: string): Promise<readonly string[]> => {
  const owner = { installation: installation.control.installation, subject: id };
  const { incarnation } = await databaseRow(installation, id);
  const name = containerName(installation.control.installation, id, incarnation);
  const [attachment] = Object.values((await installation.host.inspectContainer(name, owner, signal()))?.networks ?? {});
  return attachment?.aliases ?? [];
};
const certified = async (id: string): Promise<string> => {
  const pem = await installation.host.readFile(containerOf(installation, id), serverPaths.certificate, signal());
  return new X509Certificate(pem ?? '').subjectAltName ?? '';
};

describe('a rename', () => {
  it(
    'is in the row at once, and then on the network and in the certificate, beside the former handle until a reload',
    async () => {
      const id = await provisioned('before');
      const operationId = await ask(id, 'after');
      expect(await databaseRow(installation, id)).toMatchObject({ handle: 'after', former_handles: ['before'] });
      expect(await finished(installation, operationId)).toMatchObject({
        status: 'succeeded',
        receipt: { handle: 'after', formerHandles: ['before'] },
      });
      expect(await namesOf(id)).toEqual(['after', 'before']);
      expect(await certified(id)).toMatch(/DNS:after, DNS:before/);
      expect(await foundOf(installation, id)).toEqual([]);
      expect(await refusalOf(create(installation, 'before'))).toBe('handle_still_answers');
      expect(await refusalOf(replicate(installation, id, 'before'))).toBe('handle_still_answers');
      expect((await finished(installation, await request(installation, id, 'reload'))).error).toBeNull();
      expect(await namesOf(id)).toEqual(['after']);
      expect(await certified(id)).not.toContain('before');
      expect(await databaseRow(installation, id)).toMatchObject({ handle: 'after', former_handles: [] });
      await provisioned('before');
    },
    patience,
  );

  it(
    'keeps every name that it had, and takes back one of them',
    async () => {
      const id = await provisioned('one');
      for (const handle of ['two', 'three', 'one']) expect((await rename(id, handle)).error).toBeNull();
      expect(await databaseRow(installation, id)).toMatchObject({ handle: 'one', former_handles: ['two', 'three'] });
      expect(await namesOf(id)).toEqual(['one', 'two', 'three']);
    },
    patience,
  );

  it(
    'to a handle that is taken, or still answered to, is refused',
    async () => {
      const [first, second] = [await provisioned('first'), await provisioned('second')];
      expect(await refusalOf(ask(first, 'second'))).toBe('handle_taken');
      expect((await rename(second, 'third')).error).toBeNull();
      expect(await refusalOf(ask(first, 'second'))).toBe('handle_still_answers');
      expect((await databaseRow(installation, first)).handle).toBe('first');
    },
    patience,
  );

  it(
    'and a new database of the former handle at the same moment never both go through',
    async () => {
      for (let round = 0; round < 5; round++) {
        const id = await provisioned(`race-${round}`);
        const asked = await Promise.allSettled([ask(id, `raced-${round}`), create(installation, `race-${round}`)]);
        expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      }
    },
    patience,
  );

  it(
    'of a database whose container is gone goes on when it is there again',
    async () => {
      const id = await provisioned('gone');
      const owner = { installation: installation.control.installation, subject: id };
      await installation.host.ensureContainerAbsent(containerOf(installation, id), owner, signal());
      expect((await rename(id, 'back')).error?.code).toBe('database_not_ready');
      expect((await finished(installation, await request(installation, id, 'reload'))).error).toBeNull();
      expect(await namesOf(id)).toEqual(['back']);
    },
    patience,
  );
});
