import { expect } from '@jest/globals';
import type { Database } from '#contracts/http/databases.js';
import type { Operation } from '#contracts/http/operations.js';
import { errorCatalogue, type ErrorCode } from '#domain/errors/catalogue.js';
import { namedLike } from './host.js';
import type { Live } from './live.js';

/** What there is of an installation, in Postgres and on the host. */
export interface Footprint {
  readonly databases: number;
  readonly operations: number;
  readonly onHost: readonly string[];
  readonly doorsTaken: number;
  readonly addressesTaken: number;
}

export const footprint = async ({ installation }: Live): Promise<Footprint> => {
  const { db } = installation.control;
  const [databases, operations, doors, addresses, onHost] = await Promise.all([
    db.selectFrom('databases').select('id').execute(),
    db.selectFrom('operations').select('id').execute(),
    db.selectFrom('doors').select('port').where('database_id', 'is not', null).execute(),
    db.selectFrom('environment_addresses').select('address_index').where('database_id', 'is not', null).execute(),
    namedLike(installation.name),
  ]);
  return {
    databases: databases.length,
    operations: operations.length,
    onHost: [...onHost].sort(),
    doorsTaken: doors.length,
    addressesTaken: addresses.length,
  };
};

/**
 * A provision that is accepted and then fails in the worker: what it made on the host is gone at once, and the deprovision,
 * which gives back the handle, the ports and the address that the failed database still holds, works as for any other.
 */
export const expectFailedWithoutTrace = async (
  live: Live,
  code: ErrorCode,
  request: () => Promise<{ database: Database; operation: Operation }>,
): Promise<Operation> => {
  const before = await footprint(live);
  const requested = await request();
  const operation = await live.finished(requested.operation.id);
  expect(operation).toMatchObject({ status: 'failed', error: { code, remedy: errorCatalogue[code].remedy } });
  expect(operation.error?.leftBehind).toEqual([]);
  expect((await live.show(requested.database.id)).status).toBe('provision_failed');
  expect((await footprint(live)).onHost).toEqual(before.onHost);
  await live.operate(requested.database, 'deprovision');
  const { onHost, doorsTaken, addressesTaken } = before;
  expect(await footprint(live)).toMatchObject({ onHost, doorsTaken, addressesTaken });
  return operation;
};
