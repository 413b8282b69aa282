import { hostname } from 'node:os';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import type { Configuration } from '#configuration/configuration.js';
import { requireDatabaseUrl, requireQueueUrl } from '#configuration/required.js';
import { notWithinMs, sweepKinds, type SweepKind } from '#domain/drift/sweep.js';
import { openEngines } from '#engine/open-engines.js';
import type { Logger } from '#observability/logger.js';
import { withIdentifiedStores } from '#operations/backup/identified-stores.js';
import { backupSweeps } from '#operations/backup/sweeps.js';
import { credentialSweeps } from '#operations/credentials/sweeps.js';
import { newId, type Control } from '#operations/control.js';
import { Looker } from '#operations/drift/look.js';
import { openLookout } from '#operations/drift/observe.js';
import { driftSweep } from '#operations/drift/drift-sweep.js';
import { Sweeper, type Sweep } from '#operations/drift/sweeper.js';
import { deprecationSweep } from '#operations/lifecycle/deprecation-sweep.js';
import { Listener } from '#persistence/listen.js';
import { queuePrefix } from '#queue/prefix.js';
import { queueConnection } from '#queue/queues.js';
import { SweepWorkerModule } from './sweep-worker.module.js';

/** The app that looks: at all databases when a sweep is due or asked for, at one when somebody wants to know how it is now. */
export class SweepWorker {
  private readonly shutdown = new AbortController();
  private readonly owner = `${hostname()}-${newId().slice(-12)}`;
  private application: INestApplicationContext | null = null;
  private readonly sweepers: ReadonlyMap<SweepKind, Sweeper>;
  private readonly looker: Looker;
  private readonly listeners: readonly Listener[];
  private readonly queue: ReturnType<typeof queueConnection>;

  constructor(
    private readonly configuration: Configuration,
    private readonly control: Control,
    private readonly logger: Logger,
  ) {
    const engines = withIdentifiedStores(control, openEngines(configuration));
    const lookout = openLookout(control, engines);
    const sweeps: Record<SweepKind, Sweep> = {
      drift: driftSweep(lookout),
      deprecation: deprecationSweep(control),
      ...credentialSweeps(control, configuration.certificateTimes),
      ...backupSweeps({
        ...{ control, stores: engines.stores },
        verificationEveryMs: configuration.sweepIntervals.verification,
      }),
    };
    this.sweepers = new Map(sweepKinds.map((kind) => [kind, this.sweeper(control, kind, sweeps[kind])]));
    this.looker = new Looker(
      lookout,
      (error) => logger.warn({ err: error }, 'a database could not be looked at'),
      this.shutdown.signal,
    );
    this.queue = queueConnection(requireQueueUrl(configuration), (error) =>
      logger.warn({ err: error }, 'the queue does not answer; sweeps that somebody asks for are made all the same'),
    );
    const url = requireDatabaseUrl(configuration);
    const wake = (): void => void Promise.all([...this.sweepers.values()].map((sweeper) => sweeper.wake()));
    this.listeners = [
      new Listener(url, 'holdfast_sweep', wake, wake),
      new Listener(url, 'holdfast_look', (databaseId) => this.looker.look(databaseId)),
    ];
  }

  async start(): Promise<void> {
    await Promise.all(this.listeners.map((listener) => listener.start()));
    const module = SweepWorkerModule.register({
      due: (kind) => this.due(kind),
      queue: this.queue,
      queuePrefix: queuePrefix(this.configuration.installation),
    });
    this.application = await NestFactory.createApplicationContext(module, { logger: false });
  }

  private async due(kind: SweepKind): Promise<void> {
    const everyMs = this.configuration.sweepIntervals[kind];
    await this.sweepers.get(kind)?.due(notWithinMs(kind, everyMs, this.control.now()));
  }

  private sweeper({ db }: Control, kind: SweepKind, sweep: Sweep): Sweeper {
    const onError = (error: unknown): void =>
      this.logger.warn({ err: error, kind }, 'a sweep failed; the next one looks again');
    return new Sweeper({ kind, db, sweep, owner: this.owner, onError }, this.shutdown.signal);
  }

  /** A sweep in progress ends where it is; another one looks at the rest. */
  async close(): Promise<void> {
    this.shutdown.abort(new Error('shutdown'));
    await Promise.all(this.listeners.map((listener) => listener.close()));
    await Promise.all([...this.sweepers.values()].map((sweeper) => sweeper.settled()));
    await this.looker.settled();
    await this.application?.close();
    this.queue.disconnect();
  }
}
