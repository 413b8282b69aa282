import { setTimeout as pause } from 'node:timers/promises';
import { answer } from '../api/client.js';
import type { Sweep } from '../api/documents.js';
import { Interrupted } from '../failure/interrupted.js';
import type { Session } from '../session.js';

const lookEveryMs = 200;

/** Asks until the sweep has ended. Errors: `Interrupted`, while the sweep goes on. */
export const awaitSweep = async (session: Session, id: string): Promise<Sweep> => {
  for (;;) {
    const sweep = await answer(session.api.GET('/v1/sweeps/{id}', { params: { path: { id } } }));
    if (sweep.finishedAt !== null) return sweep;
    await pause(lookEveryMs, undefined, { signal: session.interrupted }).catch(() => {
      throw new Interrupted(`The sweep ${id} goes on.`);
    });
  }
};
