import { expect } from '@jest/globals';
import { createFakeInstallation, looked, type FakeInstallation } from './fake-installation.js';
import { startScheduler, startWorker } from './fake-workers.js';
import { create, finished, replicate } from './requests.js';
import { complaints } from './soundness.js';

/** A fake installation with a scheduler and a worker, and what tests of it do over and over. */
export interface WorkedInstallation extends FakeInstallation {
  /** A database that is ready. Returns its id. */
  provisioned(more?: Readonly<Record<string, unknown>>): Promise<string>;
  /** A replica of it that is ready. Returns its id. */
  replicaOf(sourceId: string): Promise<string>;
  /** Nothing unexpected happened, and what is left is sound. */
  close(): Promise<void>;
}

/** `name` begins the handles of its databases. */
export const createWorkedInstallation = async (name: string): Promise<WorkedInstallation> => {
  const installation = await createFakeInstallation();
  const running = [await startScheduler(installation), await startWorker(installation)];
  let counter = 0;
  return {
    ...installation,
    async provisioned(more = {}) {
      const { databaseId, operationId } = await create(installation, `${name}-${++counter}`, more);
      expect((await finished(installation, operationId)).status).toBe('succeeded');
      return databaseId;
    },
    async replicaOf(sourceId) {
      const { databaseId, operationId } = await replicate(installation, sourceId, `${name}-${++counter}`);
      expect((await finished(installation, operationId)).error).toBeNull();
      return databaseId;
    },
    async close() {
      try {
        expect(installation.unexpected).toEqual([]);
        expect(await complaints(looked(installation))).toEqual([]);
      } finally {
        await Promise.all(running.map((one) => one.close()));
        await installation.close();
      }
    },
  };
};
