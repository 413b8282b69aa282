import type { Logger } from '#observability/logger.js';
import { unnamedStores } from '#operations/backup/named-stores.js';
import type { Control } from '#operations/control.js';
import { recordCatalogue } from '#operations/lifecycle/record-catalogue.js';
import type { CheckpointFile } from '#operations/history/checkpoints.js';
import { Relay } from '#operations/schedule/relay.js';
import { rescue } from '#operations/schedule/rescue.js';
import { forgetOldIdempotencyKeys } from '#persistence/idempotency.js';
import { Listener } from '#persistence/listen.js';
import type { Queues, SweepIntervals } from '#queue/queues.js';

export interface SchedulerOptions {
  readonly control: Control;
  readonly databaseUrl: string;
  readonly queues: Queues;
  readonly checkpoints: CheckpointFile;
  readonly logger: Logger;
  readonly sweepIntervals: SweepIntervals;
}

const rescueEveryMs = 1000;
/** The queue itself wakes the sweeps; this only sees to it that it does. */
const sweepsEveryMs = 10_000;
const catalogueEveryMs = 5000;
const checkpointEveryMs = 60_000;
const forgetEveryMs = 3_600_000;

/**
 * What must happen without a request: wake-ups go to the queue, lost ones come back, the history is signed. Several schedulers may run:
 * every write is guarded or skips locked rows, so that none of them has to lead.
 */
export class Scheduler {
  private readonly relay: Relay;
  private readonly listener: Listener;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly turns = new Map<string, Promise<void>>();

  constructor(private readonly options: SchedulerOptions) {
    const { control, databaseUrl, queues, logger } = options;
    this.relay = new Relay(
      control.db,
      (wakeUps) => queues.send(wakeUps),
      (error) => logger.warn({ err: error }, 'the relay could not send wake-ups; it tries again'),
    );
    const wake = (): void => this.relay.wake();
    this.listener = new Listener(databaseUrl, 'holdfast_outbox', wake, wake);
  }

  async start(): Promise<void> {
    await this.listener.start();
    this.every(rescueEveryMs, 'rescue', () => this.rescue());
    this.every(sweepsEveryMs, 'sweeps', () => this.scheduleSweeps());
    void this.guarded('sweeps', () => this.scheduleSweeps());
    this.every(catalogueEveryMs, 'catalogue', () => recordCatalogue(this.options.control));
    void this.guarded('catalogue', () => recordCatalogue(this.options.control));
    void this.guarded('stores', () => this.warnOfStores());
    this.every(checkpointEveryMs, 'checkpoint', () => this.sign());
    this.every(forgetEveryMs, 'forget', () => forgetOldIdempotencyKeys(this.options.control.db));
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.listener.close();
    await this.relay.close();
    await Promise.all(this.turns.values());
    await this.sign().catch((error: unknown) =>
      this.options.logger.warn({ err: error }, 'the last checkpoint was not written'),
    );
  }

  /** Never two turns of one duty at a time: a turn that falls due during another is left out. */
  private every(ms: number, name: string, work: () => Promise<void>): void {
    let turn: Promise<void> | null = null;
    const begin = (): void => {
      turn ??= this.guarded(name, work).finally(() => {
        turn = null;
        this.turns.delete(name);
      });
      this.turns.set(name, turn);
    };
    this.timers.push(setInterval(begin, ms));
  }

  private async guarded(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.options.logger.warn({ err: error, duty: name }, 'a duty of the scheduler failed; it is tried again');
    }
  }

  private async rescue(): Promise<void> {
    const { control, queues, logger } = this.options;
    const rescued = await rescue(control.db, (wakeUps) => queues.missing(wakeUps));
    if (rescued.lostLeases + rescued.lostWakeUps > 0) logger.warn(rescued, 'put lost operations back on their way');
  }

  /** Once: the file is read once too. */
  private async warnOfStores(): Promise<void> {
    for (const lost of await unnamedStores(this.options.control))
      this.options.logger.warn(lost, 'backups lie in a store that is not in HOLDFAST_BACKUP_STORES_FILE; put it back');
  }

  private async scheduleSweeps(): Promise<void> {
    const { control, queues, sweepIntervals } = this.options;
    await queues.scheduleSweeps(sweepIntervals, control.now().getTime());
  }

  private async sign(): Promise<void> {
    await this.options.checkpoints.add(this.options.control.db, this.options.control.now());
  }
}
