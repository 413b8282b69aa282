import { isDeepStrictEqual } from 'node:util';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { DoorAmendment, DoorTarget, DoorWork, Edge } from '../ports/edge.js';
import { Faults } from './faults.js';

/** An edge whose doors are a map. Like the real one it keeps them while it is down, and notes a change before it fails for that. */
export class FakeEdge implements Edge {
  readonly faults = new Faults<keyof Edge>();
  private readonly doors = new Map<number, DoorTarget>();
  private readonly shut = new Set<number>();
  private running = false;
  /** The change that others wait for. */
  private lastChange: Promise<unknown> = Promise.resolve();

  /** The edge dies; its doors are on disk, and none of them is shut there. */
  stop(): void {
    this.running = false;
    this.shut.clear();
  }

  async ensureRunning(signal: AbortSignal): Promise<void> {
    await this.faults.pass('ensureRunning', signal);
    await this.inTurn(() => void (this.running = true));
  }

  async openDoors(doors: readonly DoorTarget[], signal: AbortSignal): Promise<void> {
    await this.faults.pass('openDoors', signal);
    await this.inTurn(() => {
      this.record(doors);
      this.assertRunning();
    });
  }

  async closeDoors(ports: readonly number[], signal: AbortSignal): Promise<void> {
    await this.faults.pass('closeDoors', signal);
    await this.inTurn(() => {
      for (const port of ports) this.doors.delete(port);
      this.assertRunning();
    });
  }

  async replaceDoors(doors: readonly DoorTarget[], signal: AbortSignal): Promise<void> {
    await this.faults.pass('replaceDoors', signal);
    await this.inTurn(() => {
      this.doors.clear();
      this.record(doors);
      this.assertRunning();
    });
  }

  async amendDoors(amendments: readonly DoorAmendment[], signal: AbortSignal): Promise<void> {
    await this.faults.pass('amendDoors', signal);
    await this.inTurn(() => {
      this.assertRunning();
      for (const { port, seen, wanted } of amendments) {
        if (!isDeepStrictEqual(this.doors.get(port) ?? null, seen)) continue;
        if (wanted) this.doors.set(port, wanted);
        else this.doors.delete(port);
      }
    });
  }

  async switchDoors(doors: readonly DoorTarget[], work: DoorWork, signal: AbortSignal): Promise<number> {
    await this.faults.pass('switchDoors', signal);
    await this.inTurn(async () => {
      this.assertRunning();
      const shut = (): Promise<void> => {
        for (const { port } of doors) this.shut.add(port);
        return Promise.resolve();
      };
      try {
        await work(shut, signal);
        this.record(doors);
      } finally {
        this.shut.clear();
      }
      this.assertRunning();
    });
    return performance.now();
  }

  async listDoors(signal: AbortSignal): Promise<readonly DoorTarget[]> {
    await this.faults.pass('listDoors', signal);
    this.assertRunning();
    return [...this.doors.values()].filter(({ port }) => !this.shut.has(port)).sort((a, b) => a.port - b.port);
  }

  private record(doors: readonly DoorTarget[]): void {
    for (const door of doors) this.doors.set(door.port, door);
  }

  private assertRunning(): void {
    if (!this.running) throw new HoldfastError('edge_unreachable', 'the edge is not running');
  }

  /** As under the real one's lock: one change after the other, whether or not the one before succeeded. */
  private inTurn(change: () => void | Promise<void>): Promise<void> {
    const turn = this.lastChange.then(change, change);
    this.lastChange = turn.catch(() => undefined);
    return turn;
  }
}
