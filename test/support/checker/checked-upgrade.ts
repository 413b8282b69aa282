import type { Operation } from '#contracts/http/operations.js';
import type { OperationRequest } from '#contracts/operation-requests.js';
import { databaseAddress } from '#domain/server/addresses.js';
import { serverPorts } from '#domain/server/names.js';
import { findDatabase } from '#persistence/databases.js';
import { findEnvironment } from '#persistence/environments.js';
import type { Live, LiveDatabase } from '../live.js';
import { doorOf } from '../tenant.js';
import { checkedPromotion, type CheckedPromotion } from './checked-promotion.js';
import type { ServerAddress } from './direct-link.js';
import { DoorLink, type OrdinaryOptions } from './door-link.js';

export interface CheckedUpgrade extends CheckedPromotion {
  readonly operation: Operation;
}

/** Where the server of a database is now. */
export const addressOf = async ({ installation: { control } }: Live, databaseId: string): Promise<ServerAddress> => {
  const row = await findDatabase(control.db, databaseId);
  const environment = row && (await findEnvironment(control.db, { id: row.environment_id }));
  if (!environment) throw new Error(`There is no database ${databaseId}`);
  return at(control.networkPool, environment.network_index, row.address_index);
};

/** Where the next server of the environment will be. */
const nextAddress = async ({ installation: { control } }: Live): Promise<ServerAddress> => {
  const free = await control.db
    .selectFrom('environment_addresses')
    .innerJoin('environments', 'environments.id', 'environment_addresses.environment_id')
    .select(['address_index', 'network_index'])
    .where('database_id', 'is', null)
    .where('environments.name', '=', 'default')
    .orderBy('address_index')
    .executeTakeFirstOrThrow();
  return at(control.networkPool, free.network_index, free.address_index);
};

const at = (pool: Parameters<typeof databaseAddress>[0], network: number, index: number): ServerAddress => ({
  host: databaseAddress(pool, network, index),
  port: serverPorts.plain,
});

/** Asks for it and waits for its success. */
export const upgraded = async (
  live: Live,
  { id }: Pick<LiveDatabase, 'id'>,
  version: string,
  more: Partial<Extract<OperationRequest, { type: 'upgrade' }>> = {},
): Promise<Operation> => {
  const { id: operationId } = await live.requestOperation(id, { type: 'upgrade', version, ...more });
  return live.succeeded(operationId);
};

/** While many clients write through the `primary` door and a watcher asks the servers past it, before and after. */
export const checkedUpgrade = async (
  live: Live,
  database: LiveDatabase,
  version: string,
  { clients, thinkMs = 2, link = {}, ...more }: UpgradeLoad,
): Promise<CheckedUpgrade> => {
  const [before, next] = [await addressOf(live, database.id), await nextAddress(live)];
  const door = doorOf(database, 'redis', 'primary');
  const operations: Operation[] = [];
  const checked = await checkedPromotion(
    {
      ...{ servers: [before, next], primary: before, login: database, clients, thinkMs },
      link: () => new DoorLink(door, database, link),
    },
    async () => {
      operations.push(await upgraded(live, database, version, more));
      const now = await addressOf(live, database.id);
      return now.host === before.host ? before : now;
    },
  );
  return { ...checked, operation: operations[0]! };
};

interface UpgradeLoad extends Partial<Extract<OperationRequest, { type: 'upgrade' }>> {
  readonly clients: number;
  readonly thinkMs?: number;
  readonly link?: OrdinaryOptions;
}
