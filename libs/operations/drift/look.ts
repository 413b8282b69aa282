import { isHoldfastError } from '#domain/errors/holdfast-error.js';
import { storeTime, treeIndex } from '#persistence/drift.js';
import { announceLook, saveObservations } from '#persistence/observations.js';
import { observeOnHost, type HostView, type Lookout } from './observe.js';
import { subjectsOf, survey } from './survey.js';

/** Looks at one database now, and writes down what is seen of it. Its source and followers are looked at too: lag is a matter of both. */
export const lookAt = async (lookout: Lookout, databaseId: string, signal: AbortSignal): Promise<void> => {
  const { db } = lookout.control;
  const since = await storeTime(db);
  const subjects = await subjectsOf(lookout, await treeIndex(db, databaseId), since);
  const hosts = await Promise.all(
    subjects.map((subject) =>
      observeOnHost(lookout, subject, signal).catch((error: unknown) => {
        if (isHoldfastError(error, 'engine_unreachable')) return null;
        throw error;
      }),
    ),
  );
  const host = hosts.includes(null) ? null : mergedHosts(hosts.filter((one) => one !== null));
  const surveyed = await survey(lookout, subjects, host, signal);
  await saveObservations(
    db,
    surveyed.map(({ observation }) => observation),
  );
  await announceLook(db, databaseId);
};

export const mergedHosts = (hosts: readonly HostView[]): HostView => ({
  containers: new Map(hosts.flatMap(({ containers }) => [...containers])),
  volumes: new Set(hosts.flatMap(({ volumes }) => [...volumes])),
});

/** Somebody waits for the look, and not for long (apps/api/databases/live-status.ts): two of them have to find room. */
const answerMs = 650;

/** Looks on demand. Wishes for a database that come while it is being looked at are answered by that look. */
export class Looker {
  private readonly looks = new Map<string, Promise<void>>();

  constructor(
    private readonly lookout: () => Promise<Lookout>,
    private readonly onError: (error: unknown) => void,
    private readonly stop: AbortSignal,
  ) {}

  look(databaseId: string): void {
    if (this.stop.aborted || this.looks.has(databaseId)) return;
    const look = this.lookout()
      .then((lookout) => lookAt({ ...lookout, answerMs }, databaseId, this.stop))
      .catch((error: unknown) => {
        if (!this.stop.aborted) this.onError(error);
      })
      .finally(() => this.looks.delete(databaseId));
    this.looks.set(databaseId, look);
  }

  async settled(): Promise<void> {
    await Promise.all(this.looks.values());
  }
}
