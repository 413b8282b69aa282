import { setTimeout as pause } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { databaseAddress } from '#domain/server/addresses.js';
import { networkName, serverPorts } from '#domain/server/names.js';
import { serverUsers } from '#domain/server/users.js';
import { openPasswords } from '#operations/server/material.js';
import { findEnvironment } from '#persistence/environments.js';
import { findInstallation } from '#persistence/installation.js';
import { createInstallation, type Installation } from '../support/installation.js';
import { uniqueName } from '../support/names.js';
import { create, databaseRow, finished, replicate, request } from '../support/requests.js';
import { rawArchive, rawPassword, rawProvision, rawRemove } from './raw-provision.js';
import { compared, median, type Row } from './row.js';

const memoryMb = 1536;
/** Far behind those that the environment hands out in this time. */
const rawAddressIndex = 900;

/** From the request to a link that is up, beside Docker's own calls and a REPLICAOF typed by hand for the same source. */
export const benchReplicate = async (): Promise<readonly Row[]> => {
  const installation = await createInstallation();
  try {
    await installation.start('standalone');
    const source = await create(installation, 'source', { memoryMb });
    await finished(installation, source.operationId);
    const address = await addressOf(installation, source.databaseId);
    const raw = await RawReplica.open(installation, source.databaseId, address);
    const rows: Row[] = [];
    let filledMb = 0;
    for (const [megabytes, turns] of [
      [10, 7],
      [500, 3],
    ] as const) {
      await fill(raw, megabytes - filledMb);
      filledMb = megabytes;
      rows.push(await compare(installation, source.databaseId, raw, megabytes, turns));
    }
    return rows;
  } finally {
    await installation.close();
  }
};

const compare = async (
  installation: Installation,
  sourceId: string,
  raw: RawReplica,
  megabytes: number,
  turns: number,
): Promise<Row> => {
  const [own, theirs]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < turns; turn++) {
    own.push(await replicateOnce(installation, sourceId));
    theirs.push(await raw.replicateOnce());
  }
  return compared(`request to link up, ${megabytes} MB`, 'ms', median(own), median(theirs), { most: 1.3 });
};

const replicateOnce = async (installation: Installation, sourceId: string): Promise<number> => {
  const startedAt = performance.now();
  const { databaseId, operationId } = await replicate(installation, sourceId, uniqueName('r'));
  const { status, error } = await finished(installation, operationId, 120_000);
  const tookMs = performance.now() - startedAt;
  if (status !== 'succeeded') throw new Error(error?.detail ?? status);
  await finished(installation, await request(installation, databaseId, 'deprovision'));
  return tookMs;
};

const addressOf = async ({ control }: Installation, databaseId: string): Promise<string> => {
  const row = await databaseRow({ control }, databaseId);
  const environment = await findEnvironment(control.db, { id: row.environment_id });
  return databaseAddress(control.networkPool, environment?.network_index ?? 0, row.address_index);
};

interface Target {
  readonly source: string;
  readonly managerPassword: string;
}

/** Values that compress badly, as much data do. */
const fill = async ({ source, managerPassword }: Target, megabytes: number): Promise<void> => {
  const client = new Redis({
    host: source,
    port: serverPorts.plain,
    username: serverUsers.manager,
    password: managerPassword,
  });
  const value = randomBytes(100_000);
  for (let batch = 0; batch < megabytes; batch++) {
    const pipeline = client.pipeline();
    for (let index = 0; index < 10; index++) pipeline.set(uniqueName('key'), value);
    await pipeline.exec();
  }
  client.disconnect();
};

class RawReplica implements Target {
  private constructor(
    readonly source: string,
    readonly managerPassword: string,
    private readonly network: string,
    private readonly address: string,
    private readonly archive: Buffer,
  ) {}

  static async open({ control }: Installation, sourceId: string, source: string): Promise<RawReplica> {
    const authority = await findInstallation(control.db);
    const environment = await findEnvironment(control.db, { name: 'default' });
    if (!authority || !environment) throw new Error('The installation has no authority or environment');
    const { manager } = await openPasswords(control, sourceId);
    return new RawReplica(
      source,
      manager,
      networkName(control.installation, environment.id),
      databaseAddress(control.networkPool, environment.network_index, rawAddressIndex),
      await rawArchive({ memoryMb, trusted: authority.ca_certificate_pem }),
    );
  }

  /** Returns ms until the link is up. */
  async replicateOnce(): Promise<number> {
    const name = uniqueName('raw');
    const startedAt = performance.now();
    try {
      await rawProvision(name, this.network, this.address, this.archive, memoryMb);
      const client = new Redis({
        host: this.address,
        port: serverPorts.plain,
        username: serverUsers.manager,
        password: rawPassword,
      });
      await client.config('SET', 'masteruser', serverUsers.manager);
      await client.config('SET', 'masterauth', this.managerPassword);
      await client.replicaof(this.source, serverPorts.tls);
      while (!(await client.info('replication')).includes('master_link_status:up')) await pause(5);
      const tookMs = performance.now() - startedAt;
      client.disconnect();
      return tookMs;
    } finally {
      await rawRemove(name);
    }
  }
}
