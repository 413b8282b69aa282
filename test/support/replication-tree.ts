import { databaseAddress } from '#domain/server/addresses.js';
import { containerName } from '#domain/server/names.js';
import { serverUsers } from '#domain/server/users.js';
import { openPasswords } from '#operations/server/material.js';
import { findEnvironment } from '#persistence/environments.js';
import { findOperation } from '#persistence/operations/read.js';
import { openOnce, type Login, type ServerAddress } from './checker/direct-link.js';
import { eventually } from './eventually.js';
import type { FaultRun } from './fault-run.js';
import { create, databaseRow, finished, replicate } from './requests.js';

/** One server of a tree, asked past all doors, at the address of its container. */
export interface Member {
  readonly id: string;
  readonly container: string;
  readonly address: ServerAddress;
  readonly login: Login;
}

export const memberOf = async ({ installation }: FaultRun, id: string): Promise<Member> => {
  const { control } = installation;
  const database = await databaseRow(installation, id);
  const environment = await findEnvironment(control.db, { id: database.environment_id });
  if (!environment) throw new Error('The environment is missing');
  const { tenant } = await openPasswords(control, id);
  const host = databaseAddress(control.networkPool, environment.network_index, database.address_index);
  return {
    id,
    container: containerName(control.installation, id, database.incarnation),
    address: { host, port: 6379 },
    login: { username: serverUsers.tenant, password: tenant[0] ?? '' },
  };
};

export const succeeded = async (run: FaultRun, operationId: string) => {
  const operation = await finished(run.installation, operationId, 120_000);
  if (operation.status !== 'succeeded')
    throw new Error(`The ${operation.kind} ${operation.status}: ${JSON.stringify(operation.error)}`);
  return operation;
};

/** The code that an operation failed with. */
export const failure = async (run: FaultRun, operationId: string): Promise<string | undefined> => {
  const { status, error } = await finished(run.installation, operationId, 120_000);
  return status === 'failed' ? error?.code : status;
};

/** A primary and so many replicas of it, side by side. */
export const makeTree = async (
  run: FaultRun,
  handle: string,
  more: Readonly<Record<string, unknown>> = {},
  replicas = 1,
): Promise<readonly [Member, Member, ...Member[]]> => {
  const source = await create(run.installation, handle, more);
  await succeeded(run, source.operationId);
  const ids: string[] = [];
  for (let index = 1; index <= replicas; index++)
    ids.push(await addReplica(run, source.databaseId, `${handle}-r${index}`));
  const members = await Promise.all([source.databaseId, ...ids].map((id) => memberOf(run, id)));
  return members as unknown as readonly [Member, Member, ...Member[]];
};

export const addReplica = async (run: FaultRun, sourceId: string, handle: string): Promise<string> => {
  const { databaseId, operationId } = await replicate(run.installation, sourceId, handle);
  await succeeded(run, operationId);
  return databaseId;
};

export const tell = async ({ address, login }: Member, ...command: string[]): Promise<unknown> => {
  const client = await openOnce(address, login);
  const [name = '', ...args] = command;
  return client.call(name, ...args).finally(() => client.disconnect());
};

/** What a client gets that writes: `OK`, or the reason why not in one word. */
export const tryWrite = async (member: Member, key = 'tried'): Promise<string> => {
  try {
    return String(await tell(member, 'SET', key, 'yes'));
  } catch (error) {
    return error instanceof Error ? (/^(READONLY|NOREPLICAS|LOADING)/.exec(error.message)?.[0] ?? 'silent') : 'silent';
  }
};

export const writable = async (members: readonly Member[]): Promise<readonly string[]> => {
  const answers = await Promise.all(members.map((member) => tryWrite(member)));
  return members.filter((_, index) => answers[index] === 'OK').map(({ id }) => id);
};

export const eventuallyHas = (member: Member, key: string, value: string | null): Promise<void> =>
  eventually(
    async () => {
      const found = await tell(member, 'GET', key);
      if (found !== value) throw new Error(`"${key}" is ${String(found)}`);
    },
    { withinMs: 15_000 },
  );

export const eventuallyWrites = (member: Member, answer: string): Promise<void> =>
  eventually(
    async () => {
      const found = await tryWrite(member);
      if (found !== answer) throw new Error(`A write is answered with ${found}`);
    },
    { withinMs: 20_000 },
  );

export const infoOf = async (member: Member): Promise<string> => String(await tell(member, 'INFO', 'replication'));

export const eventuallyFollows = (member: Member, source: Member): Promise<void> =>
  eventually(
    async () => {
      const info = await infoOf(member);
      if (!info.includes(`master_host:${source.address.host}\r`) || !info.includes('master_link_status:up'))
        throw new Error(info);
    },
    { withinMs: 15_000 },
  );

export const operationRow = async (run: FaultRun, id: string) => {
  const row = await findOperation(run.installation.control.db, id);
  if (!row) throw new Error(`There is no operation ${id}`);
  return row;
};
