import type { OperationRequest } from '#contracts/operation-requests.js';
import { containerName } from '#domain/server/names.js';
import type { Outcome } from '#domain/operation/outcome.js';
import type { ContainerObservation } from '#engine/ports/container-engine.js';
import { retryOperation } from '#operations/requests/cancel-and-retry.js';
import { findOperation } from '#persistence/operations/read.js';
import type { OperationRow } from '#persistence/tables.js';
import { createFakeInstallation, type FakeInstallation } from './fake-installation.js';
import { uniqueName } from './names.js';
import { create, replicate, request } from './requests.js';

type Upgrade = Extract<OperationRequest, { type: 'upgrade' }>;

/** Databases of the former version on fakes, and their upgrades. A verification and a trial want real servers: they are taken as passed. */
export class FakeUpgrades {
  private constructor(readonly installation: FakeInstallation) {}

  static async open(): Promise<FakeUpgrades> {
    return new FakeUpgrades(await createFakeInstallation());
  }

  close(): Promise<void> {
    return this.installation.close();
  }

  run(operationId: string): Promise<Outcome> {
    return this.installation.runner().run(operationId);
  }

  /** A database that is ready. Returns its id. */
  async ready(version = '7.0', more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { databaseId, operationId } = await create(this.installation, uniqueName('up'), more);
    await this.become(databaseId, version);
    await this.done(operationId);
    return databaseId;
  }

  /** A replica that is ready. Returns its id. */
  async follower(sourceId: string): Promise<string> {
    const { databaseId, operationId } = await replicate(this.installation, sourceId, uniqueName('up'));
    await this.done(operationId);
    return databaseId;
  }

  async pair(): Promise<{ readonly primary: string; readonly replica: string }> {
    const primary = await this.ready();
    return { primary, replica: await this.follower(primary) };
  }

  /** In the record only. */
  async become(id: string, version: string): Promise<void> {
    const image = `holdfast/redis:${version}`;
    await this.installation.control.db.updateTable('databases').set({ version, image }).where('id', '=', id).execute();
  }

  /** Asks for one to 8.0. Returns the operation's id. */
  upgrade(databaseId: string, more: Partial<Upgrade> = {}): Promise<string> {
    return request(this.installation, databaseId, { type: 'upgrade', version: '8.0', ...more });
  }

  retry(id: string): Promise<OperationRow> {
    const { control } = this.installation;
    return control.db.transaction().execute((tx) => retryOperation(control, tx, 'test', id));
  }

  async operation(id: string): Promise<OperationRow> {
    const row = await findOperation(this.installation.control.db, id);
    if (!row) throw new Error(`There is no operation ${id}`);
    return row;
  }

  /** Runs it to the moment from which on it touches servers. */
  async tried(id: string): Promise<void> {
    const { db } = this.installation.control;
    const outcome = await this.run(id);
    if (outcome.kind !== 'retry') throw new Error(`The upgrade did not come to its verification: ${outcome.kind}`);
    await db.updateTable('backups').set({ verification: 'verified' }).where('operation_id', '=', id).execute();
    const step = { operation_id: id, attempt: 1, ordinal: 10, name: 'try', status: 'succeeded' } as const;
    await db
      .insertInto('operation_steps')
      .values({ ...step, started_at: new Date() })
      .execute();
  }

  async containerOf(databaseId: string): Promise<ContainerObservation | null> {
    const { control, host } = this.installation;
    const owner = { installation: control.installation, subject: databaseId };
    return host.inspectContainer(containerName(control.installation, databaseId), owner, new AbortController().signal);
  }

  private async done(operationId: string): Promise<void> {
    const outcome = await this.run(operationId);
    if (outcome.kind !== 'done') throw new Error(`Not made: ${JSON.stringify(outcome)}`);
  }
}
