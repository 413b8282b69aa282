import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaultDoorSettings, type DoorSettings } from '#domain/database/door-settings.js';
import type { DoorTarget, DoorWork, Edge } from '#engine/ports/edge.js';

export interface EdgeSubject {
  readonly edge: Edge;
  /** The first of ten ports of the edge's range. */
  readonly firstPort: number;
  /** The edge dies as in an accident and does not come back by itself. */
  readonly kill: () => Promise<void>;
  /** Leaves nothing behind. */
  readonly cleanUp: () => Promise<void>;
}

/** What every Edge does, the fake included. */
export const describeEdge = (title: string, makeSubject: () => Promise<EdgeSubject>): void => {
  describe(`Edge: ${title}`, () => {
    const signal = AbortSignal.timeout(120_000);
    let subject: EdgeSubject;
    let edge: Edge;
    const door = (offset: number, targetPort = 6379): DoorTarget => ({
      port: subject.firstPort + offset,
      address: `10.224.0.${String(offset + 2)}`,
      targetPort,
      settings: defaultDoorSettings,
    });

    beforeAll(async () => {
      subject = await makeSubject();
      edge = subject.edge;
    }, 60_000);
    afterAll(() => subject.cleanUp(), 60_000);

    it('is unreachable before it was started', async () => {
      await expect(edge.listDoors(signal)).rejects.toMatchObject({ code: 'edge_unreachable' });
      await expect(edge.openDoors([door(0)], signal)).rejects.toMatchObject({ code: 'edge_unreachable' });
    });

    it('starts, and starting it twice changes nothing', async () => {
      await edge.ensureRunning(signal);
      await edge.replaceDoors([door(0)], signal);
      await edge.ensureRunning(signal);
      expect(await edge.listDoors(signal)).toEqual([door(0)]);
    });

    it('opens doors beside others and changes where they lead', async () => {
      await edge.replaceDoors([door(0), door(1)], signal);
      await edge.openDoors([door(1, 6380), door(2)], signal);
      expect(await edge.listDoors(signal)).toEqual([door(0), door(1, 6380), door(2)]);
    });

    it('closes doors, and those that are closed already', async () => {
      await edge.replaceDoors([door(0), door(1)], signal);
      await edge.closeDoors([door(1).port, door(2).port], signal);
      await edge.closeDoors([door(1).port], signal);
      expect(await edge.listDoors(signal)).toEqual([door(0)]);
    });

    it('replaces all doors, by none as well', async () => {
      await edge.replaceDoors([door(1), door(2)], signal);
      expect(await edge.listDoors(signal)).toEqual([door(1), door(2)]);
      await edge.replaceDoors([], signal);
      expect(await edge.listDoors(signal)).toEqual([]);
    });

    it('loses none of many changes at once', async () => {
      await edge.replaceDoors([door(0)], signal);
      const opened = Array.from({ length: 9 }, (_, index) => door(index + 1));
      await Promise.all([
        ...opened.map((each) => edge.openDoors([each], signal)),
        edge.closeDoors([door(0).port], signal),
      ]);
      expect(await edge.listDoors(signal)).toEqual(opened);
    });

    it('comes back with its doors', async () => {
      await edge.replaceDoors([door(0), door(1)], signal);
      await subject.kill();
      await expect(edge.openDoors([door(0)], signal)).rejects.toMatchObject({ code: 'edge_unreachable' });
      await edge.ensureRunning(signal);
      expect(await edge.listDoors(signal)).toEqual([door(0), door(1)]);
    });

    describe('settings of doors', () => {
      const strict: DoorSettings = {
        allow: ['10.0.0.0/7', '2001:db8::/33'],
        connectionLimit: 20,
        idleTimeoutSeconds: 300,
        bindAddress: '2001:db8::1',
      };
      const others: DoorSettings[] = [
        { ...defaultDoorSettings, allow: ['0.0.0.0/0'] },
        { ...defaultDoorSettings, connectionLimit: 1 },
        { ...defaultDoorSettings, idleTimeoutSeconds: 86_400 },
        { ...defaultDoorSettings, bindAddress: '127.0.0.2' },
      ];

      it('come back as they were given, from the edge that runs and from the next one', async () => {
        const doors = [strict, ...others].map((settings, offset) => ({ ...door(offset), settings }));
        await edge.replaceDoors([...doors, door(9)], signal);
        expect(await edge.listDoors(signal)).toEqual([...doors, door(9)]);
        await subject.kill();
        await edge.ensureRunning(signal);
        expect(await edge.listDoors(signal)).toEqual([...doors, door(9)]);
      });

      it('are replaced with the door, and leave the doors beside it alone', async () => {
        await edge.replaceDoors(
          [
            { ...door(0), settings: strict },
            { ...door(1), settings: strict },
          ],
          signal,
        );
        await edge.openDoors([door(1)], signal);
        expect(await edge.listDoors(signal)).toEqual([{ ...door(0), settings: strict }, door(1)]);
      });

      it('are switched with the door', async () => {
        await edge.replaceDoors([{ ...door(0), settings: strict }], signal);
        const moved = { ...door(0, 6380), settings: others[0]! };
        await edge.switchDoors([moved], (shut) => shut(), signal);
        expect(await edge.listDoors(signal)).toEqual([moved]);
      });
    });

    describe('amending doors', () => {
      const limited = { ...defaultDoorSettings, connectionLimit: 5 };

      it('changes, opens and closes those that are still as they were seen', async () => {
        await edge.replaceDoors([door(0), door(1)], signal);
        await edge.amendDoors(
          [
            { port: door(0).port, seen: door(0), wanted: { ...door(0), settings: limited } },
            { port: door(1).port, seen: door(1), wanted: null },
            { port: door(2).port, seen: null, wanted: door(2) },
          ],
          signal,
        );
        expect(await edge.listDoors(signal)).toEqual([{ ...door(0), settings: limited }, door(2)]);
      });

      it('leaves those alone that somebody else changed', async () => {
        const now = [door(0, 6380), { ...door(1), settings: limited }, door(2)];
        await edge.replaceDoors(now, signal);
        await edge.amendDoors(
          [
            { port: door(0).port, seen: door(0), wanted: { ...door(0), settings: limited } },
            { port: door(1).port, seen: door(1), wanted: null },
            { port: door(2).port, seen: null, wanted: door(2, 6380) },
            { port: door(3).port, seen: door(3), wanted: door(3, 6380) },
          ],
          signal,
        );
        expect(await edge.listDoors(signal)).toEqual(now);
      });

      it('waits for a switch, and then sees what it did', async () => {
        await edge.replaceDoors([door(0)], signal);
        const amendment = { port: door(0).port, seen: door(0), wanted: { ...door(0), settings: limited } };
        const amended: Promise<void>[] = [];
        const work = async () => void amended.push(edge.amendDoors([amendment], signal));
        await edge.switchDoors([door(0, 6380)], work, signal);
        await Promise.all(amended);
        expect(await edge.listDoors(signal)).toEqual([door(0, 6380)]);
      });
    });

    describe('switching doors', () => {
      const broken = new Error('the work failed');
      const shutting =
        (work: (signal: AbortSignal) => Promise<void>): DoorWork =>
        async (shut, within) => {
          await shut();
          await work(within);
        };

      it('leaves them open until the work shuts them, and tells when they were open again', async () => {
        await edge.replaceDoors([door(0)], signal);
        let during: readonly DoorTarget[] = [];
        const startedAtMs = performance.now();
        const openedAtMs = await edge.switchDoors(
          [door(0, 6380)],
          async () => void (during = await edge.listDoors(signal)),
          signal,
        );
        expect(during).toEqual([door(0)]);
        expect(await edge.listDoors(signal)).toEqual([door(0, 6380)]);
        expect(openedAtMs).toBeGreaterThan(startedAtMs);
        expect(openedAtMs).toBeLessThanOrEqual(performance.now());
      });

      it('shuts them while the work runs, and leads them the new way afterwards', async () => {
        await edge.replaceDoors([door(0), door(1)], signal);
        let during: readonly DoorTarget[] = [];
        await edge.switchDoors(
          [door(1, 6380), door(2)],
          shutting(async () => void (during = await edge.listDoors(signal))),
          signal,
        );
        expect(during).toEqual([door(0)]);
        expect(await edge.listDoors(signal)).toEqual([door(0), door(1, 6380), door(2)]);
      });

      it('leads them the old way again when the work fails, and those that led nowhere nowhere', async () => {
        await edge.replaceDoors([door(0), door(1)], signal);
        const switched = edge.switchDoors(
          [door(1, 6380), door(2)],
          shutting(() => Promise.reject(broken)),
          signal,
        );
        await expect(switched).rejects.toBe(broken);
        expect(await edge.listDoors(signal)).toEqual([door(0), door(1)]);
      });

      it('does not stop halfway for a caller that gives up: the work decides', async () => {
        await edge.replaceDoors([door(0)], signal);
        const caller = new AbortController();
        const work = async (within: AbortSignal) => {
          caller.abort(broken);
          expect(within.aborted).toBe(true);
        };
        await edge.switchDoors([door(0, 6380)], shutting(work), caller.signal);
        expect(await edge.listDoors(signal)).toEqual([door(0, 6380)]);
      });

      it('lets every other change wait until the doors are open again', async () => {
        await edge.replaceDoors([door(0), door(1)], signal);
        const changes: Promise<void>[] = [];
        let during: readonly DoorTarget[] = [];
        const work = async () => {
          changes.push(edge.openDoors([door(2)], signal), edge.closeDoors([door(1).port], signal));
          during = await edge.listDoors(signal);
        };
        await edge.switchDoors([door(0, 6380)], shutting(work), signal);
        await Promise.all(changes);
        expect(during).toEqual([door(1)]);
        expect(await edge.listDoors(signal)).toEqual([door(0, 6380), door(2)]);
      });

      it('loses none of many at once', async () => {
        await edge.replaceDoors([], signal);
        const all = Array.from({ length: 10 }, (_, index) => door(index));
        await Promise.all(
          all.map((each, index) =>
            index % 2 === 0
              ? edge.switchDoors([each], () => Promise.resolve(), signal)
              : edge.openDoors([each], signal),
          ),
        );
        expect(await edge.listDoors(signal)).toEqual(all);
      });

      it('never begins the work when the edge is down', async () => {
        await edge.replaceDoors([door(0)], signal);
        await subject.kill();
        let begun = 0;
        const work = async () => void (begun += 1);
        await expect(edge.switchDoors([door(0, 6380)], shutting(work), signal)).rejects.toMatchObject({
          code: 'edge_unreachable',
        });
        expect(begun).toBe(0);
        await edge.ensureRunning(signal);
        await edge.switchDoors([door(0, 6380)], shutting(work), signal);
        expect(begun).toBe(1);
        expect(await edge.listDoors(signal)).toEqual([door(0, 6380)]);
      });

      it('has recorded the new way when the edge dies during the work, and the old way when the work fails as well', async () => {
        await edge.replaceDoors([door(0)], signal);
        const switched = edge.switchDoors(
          [door(0, 6380)],
          shutting(() => subject.kill()),
          signal,
        );
        await expect(switched).rejects.toMatchObject({ code: 'edge_unreachable' });
        await edge.ensureRunning(signal);
        expect(await edge.listDoors(signal)).toEqual([door(0, 6380)]);
        const failing = () => subject.kill().then(() => Promise.reject(broken));
        await expect(edge.switchDoors([door(0)], shutting(failing), signal)).rejects.toBe(broken);
        await edge.ensureRunning(signal);
        expect(await edge.listDoors(signal)).toEqual([door(0, 6380)]);
      });

      it('ends with the reason of a caller that gave up before', async () => {
        const reason = new Error('shutdown');
        const switched = edge.switchDoors([door(0)], () => Promise.reject(broken), AbortSignal.abort(reason));
        await expect(switched).rejects.toBe(reason);
      });
    });

    it('ends with the reason of the caller that gave up', async () => {
      const reason = new Error('shutdown');
      await expect(edge.listDoors(AbortSignal.abort(reason))).rejects.toBe(reason);
      await expect(edge.openDoors([door(0)], AbortSignal.abort(reason))).rejects.toBe(reason);
      await expect(edge.ensureRunning(AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });
};
