import type { ObservationView } from '#contracts/http/observations.js';
import type { Control } from '#operations/control.js';
import { Listener } from '#persistence/listen.js';
import { askForLook, findObservation, type ObservationRow } from '#persistence/observations.js';
import type { DatabaseRow } from '#persistence/tables.js';

/** Whoever asks how a database is now is not kept longer than this. */
const patienceMs = 1500;

/** How databases are now: a worker is asked to look, since the API reaches neither Docker nor a server. */
export class LiveStatus {
  private readonly waiting = new Map<string, Set<() => void>>();
  private readonly listener: Listener;

  constructor(
    private readonly control: Control,
    databaseUrl: string,
  ) {
    this.listener = new Listener(databaseUrl, 'holdfast_observed', (databaseId) => this.tell(databaseId));
  }

  /** Called by Nest. */
  onModuleInit(): Promise<void> {
    return this.listener.start();
  }

  /** Called by Nest. */
  async onModuleDestroy(): Promise<void> {
    for (const databaseId of this.waiting.keys()) this.tell(databaseId);
    await this.listener.close();
  }

  /** What a worker sees now, or what was seen last when none answers in time; null when the database was never looked at. */
  async of({ id, status }: Pick<DatabaseRow, 'id' | 'status'>): Promise<ObservationView | null> {
    const { db, now } = this.control;
    if (status === 'provisioned') {
      const seen = this.nextLook(id);
      await askForLook(db, id);
      await seen;
    }
    const row = await findObservation(db, id);
    return row ? toObservation(row, now()) : null;
  }

  private nextLook(databaseId: string): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        const all = this.waiting.get(databaseId);
        all?.delete(end);
        if (all?.size === 0) this.waiting.delete(databaseId);
        resolve();
      };
      const timer = setTimeout(end, patienceMs);
      this.waiting.set(databaseId, (this.waiting.get(databaseId) ?? new Set()).add(end));
    });
  }

  private tell(databaseId: string): void {
    for (const end of [...(this.waiting.get(databaseId) ?? [])]) end();
  }
}

const toObservation = (
  { at, answered_at: answeredAt, document, findings }: ObservationRow,
  now: Date,
): ObservationView => ({
  observedAt: at.toISOString(),
  ageMs: Math.max(0, now.getTime() - at.getTime()),
  answeredAt: answeredAt?.toISOString() ?? null,
  answers: document.answers,
  container: document.container,
  server: document.server && serverOf(document.server),
  findings: [...findings],
});

/** The ids of the replication history are nobody's business. */
const serverOf = ({ historyIds: _, ...shown }: NonNullable<ObservationRow['document']['server']>) => shown;
