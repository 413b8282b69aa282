import { expect } from '@jest/globals';
import { loadConfiguration } from '#configuration/configuration.js';
import { openEngines, type OpenEngines } from '#engine/open-engines.js';
import { serverUsers } from '#domain/server/users.js';
import type { RedisNode } from '#engine/ports/redis-node.js';
import { openPasswords } from '#operations/server/material.js';
import { doorsOf } from '#persistence/doors.js';
import { findInstallation } from '#persistence/installation.js';
import { findOperation, stepsOf } from '#persistence/operations/read.js';
import type { DoorRow } from '#persistence/tables.js';
import type { FaultPointName } from '#observability/fault-points.js';
import type { AppName, AppProcess } from './app-process.js';
import { createInstallation, type Installation } from './installation.js';
import { roleComplaints } from './role-soundness.js';
import { complaints } from './soundness.js';

/** An installation whose processes are killed and replaced while it works. */
export class FaultRun {
  private readonly victims: AppProcess[] = [];

  private constructor(
    readonly installation: Installation,
    readonly engines: OpenEngines,
    private readonly ofProcesses: Readonly<Record<string, string>>,
  ) {}

  /** `ofProcesses` is told to the processes only: the test itself looks at the host past what it cuts. */
  static async open(
    more: Readonly<Record<string, string>> = {},
    ofProcesses: Readonly<Record<string, string>> = {},
  ): Promise<FaultRun> {
    const installation = await createInstallation(more);
    return new FaultRun(installation, openEngines(loadConfiguration(installation.environment)), ofProcesses);
  }

  close(): Promise<void> {
    return this.installation.close();
  }

  worker(app: AppName = 'lifecycle-worker'): Promise<AppProcess> {
    return this.installation.start(app, this.ofProcesses);
  }

  /** A process that kills, or stops, itself at this point. */
  async victim(app: AppName, point: FaultPointName | `stop:${FaultPointName}`): Promise<AppProcess> {
    const victim = await this.installation.start(app, { ...this.ofProcesses, HOLDFAST_FAULT: point });
    this.victims.push(victim);
    return victim;
  }

  /** After a test: one that has not come to its point would do the work of the next test's. */
  async endVictims(): Promise<void> {
    await Promise.all(this.victims.splice(0).map((victim) => victim.end()));
  }

  /** What is not as it must be when nothing runs any more; see soundness.ts. */
  async complaints(): Promise<readonly string[]> {
    const { control, checkpoints, engine } = this.installation;
    const found = await complaints({
      control,
      checkpoints,
      engine,
      stores: this.engines.stores,
      listDoors: (signal) => this.engines.edge.listDoors(signal),
    });
    return [...found, ...(await roleComplaints(this.installation, this.engines.redis))];
  }

  /** What a tenant gets who sends a command through each door of the database, one answer for each. */
  async throughDoors(databaseId: string, ...command: string[]): Promise<unknown[]> {
    const answers: unknown[] = [];
    for (const door of await this.doors(databaseId)) answers.push(await this.send(databaseId, door, command));
    return answers;
  }

  async throughDoor(databaseId: string, ...command: string[]): Promise<unknown> {
    const [door] = await this.doors(databaseId);
    if (!door) throw new Error(`The database ${databaseId} has no door`);
    return this.send(databaseId, door, command);
  }

  private doors(databaseId: string): Promise<readonly DoorRow[]> {
    return doorsOf(this.installation.control.db, [databaseId]);
  }

  private async send(databaseId: string, { port, type }: DoorRow, command: string[]): Promise<unknown> {
    const node = await this.connect(databaseId, port, type === 'redis+ssl');
    return node.command(command, AbortSignal.timeout(15_000)).finally(() => node.close());
  }

  private async connect(databaseId: string, port: number, tls: boolean): Promise<RedisNode> {
    const { control } = this.installation;
    const { handle } = await control.db
      .selectFrom('databases')
      .select('handle')
      .where('id', '=', databaseId)
      .executeTakeFirstOrThrow();
    const authority = await findInstallation(control.db);
    const { tenant } = await openPasswords(control, databaseId);
    return this.engines.redis.connect(
      {
        ...{ host: '127.0.0.1', port, username: serverUsers.tenant, password: tenant[0] ?? '' },
        tls: tls ? { caPem: authority?.ca_certificate_pem ?? '', serverName: handle } : null,
      },
      AbortSignal.timeout(15_000),
    );
  }

  /** `1: prepare succeeded, create interrupted`, one line for each attempt. */
  async journal(operationId: string): Promise<string[]> {
    const steps = await stepsOf(this.installation.control.db, [operationId]);
    const attempts = [...new Set(steps.map(({ attempt }) => attempt))];
    return attempts.map((attempt) => {
      const own = steps.filter((step) => step.attempt === attempt);
      if (own.some(({ ordinal }, index) => ordinal !== index + 1)) throw new Error('The steps have gaps');
      return `${attempt}: ${own.map(({ name, status }) => `${name} ${status}`).join(', ')}`;
    });
  }

  /** Whatever earlier attempts came to, the last one did all of its steps, or found that none was left to do. */
  async expectSaneJournal(operationId: string): Promise<void> {
    const journal = await this.journal(operationId);
    const last = (await findOperation(this.installation.control.db, operationId))?.attempt;
    const whole = /^\d+: (\S+ succeeded(, |$))*$/;
    const died = /^\d+: (\S+ succeeded, )*\S+ (succeeded|interrupted)$/;
    for (const attempt of journal) expect(attempt).toMatch(attempt.startsWith(`${last}: `) ? whole : died);
  }
}
