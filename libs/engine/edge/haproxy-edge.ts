import { faultPoints } from '#observability/fault-points.js';
import type { ContainerEngine } from '../ports/container-engine.js';
import type { DoorAmendment, DoorTarget, DoorWork, Edge } from '../ports/edge.js';
import { startDeadline, withDeadline } from '../wait/deadline.js';
import { allowListsOf, type AllowLists } from './allow-lists.js';
import { ChangeQueue } from './change-queue.js';
import { doorMap, isSameDoor, type DoorMap } from './door-map.js';
import { edgeSpec } from './edge-container.js';
import { EdgeDirectory, type EdgeUser } from './edge-directory.js';
import { rethrowTranslated, translated } from './edge-errors.js';
import { EdgeProcess } from './edge-process.js';
import { withFileLock } from './file-lock.js';
import { renderHaproxyConfig, type HaproxySettings, type PortRange } from './haproxy-config.js';
import { publishChange, tidyAllowLists, writeChange, type EdgeSides } from './recorded-doors.js';
import { publishAllowLists, publishDoors, readRunningDoors } from './running-doors.js';
import { RuntimeSocket } from './runtime-socket.js';
import { switchDoors } from './switch-doors.js';

export interface HaproxyEdgeOptions {
  readonly engine: ContainerEngine;
  readonly installation: string;
  readonly image: string;
  /** On the host, and at the same path for this process: the edge's container mounts it. */
  readonly directory: string;
  readonly bindAddress: string;
  readonly ports: PortRange;
  /** Clients at one time, over all doors. Default 7,000: more would not fit the limit of 20,000 open files that some engines run with. */
  readonly maxConnections?: number;
}

type Change = (doors: DoorMap) => DoorMap;

const startDeadlineMs = 60_000;
const changeDeadlineMs = 10_000;
/** A change may have to wait for the round before its own. */
const roundsDeadlineMs = 2 * changeDeadlineMs;

/**
 * One HAProxy on the host's network. The map of doors is first written to disk, then published to the running HAProxy as a whole,
 * under a lock of all processes that use the directory. So a crash at any line is healed by the next change or by ensureRunning,
 * and an edge that starts by itself reads what was written last. A cancelled or failed change may still have been written.
 */
export class HaproxyEdge implements Edge {
  private readonly directory: EdgeDirectory;
  private readonly socket: RuntimeSocket;
  private readonly sides: EdgeSides;
  private readonly process: EdgeProcess;
  private readonly changes = new ChangeQueue<Change>((changes) => this.carryOut(changes));

  constructor(private readonly options: HaproxyEdgeOptions) {
    this.directory = new EdgeDirectory(options.directory);
    this.socket = new RuntimeSocket(this.directory.socketFile);
    this.sides = { directory: this.directory, socket: this.socket };
    this.process = new EdgeProcess(options.engine, options.bindAddress, options.ports);
  }

  async ensureRunning(signal: AbortSignal): Promise<void> {
    await this.locked(signal, startDeadlineMs, async (within) => {
      const settings = await this.settings(within);
      const doors = await this.directory.readDoors();
      const lists = allowListsOf(doors.values());
      await this.directory.writeAllowLists(lists);
      await this.directory.writeDoors(doors);
      await this.directory.writeConfiguration(renderHaproxyConfig(settings));
      const { installation, image } = this.options;
      const spec = edgeSpec({ installation, image, directory: this.directory, user: edgeUser(), settings });
      await this.process.ensureRunning(spec, within);
      await this.process.awaitAnswer(spec, (until) => this.publishAll(doors, lists, until), within);
    });
  }

  async openDoors(doors: readonly DoorTarget[], signal: AbortSignal): Promise<void> {
    const opened = doorMap(doors);
    await this.change((known) => doorMap([...known.values(), ...opened.values()]), signal);
  }

  async closeDoors(ports: readonly number[], signal: AbortSignal): Promise<void> {
    const closed = new Set(ports);
    await this.change((known) => doorMap([...known.values()].filter(({ port }) => !closed.has(port))), signal);
  }

  async replaceDoors(doors: readonly DoorTarget[], signal: AbortSignal): Promise<void> {
    const wanted = doorMap(doors);
    await this.change(() => wanted, signal);
  }

  /** What is seen and compared is the running map: the recorded one may be ahead of it, and is brought to it. */
  amendDoors(amendments: readonly DoorAmendment[], signal: AbortSignal): Promise<void> {
    return this.locked(signal, roundsDeadlineMs, async (within) => {
      const running = await readRunningDoors(this.socket, within);
      const due = amendments.filter(({ port, seen }) => isSameDoor(running.get(port) ?? null, seen));
      if (due.length === 0) return;
      const amended = new Set(due.map(({ port }) => port));
      const wanted = due.flatMap((amendment) => amendment.wanted ?? []);
      await this.apply(
        (known) => doorMap([...[...known.values()].filter(({ port }) => !amended.has(port)), ...wanted]),
        within,
      );
    });
  }

  async switchDoors(doors: readonly DoorTarget[], work: DoorWork, signal: AbortSignal): Promise<number> {
    const targets = doorMap(doors);
    // Only the wait for the lock has a deadline here: once doors are shut, this ends when they are open again.
    const deadline = startDeadline(changeDeadlineMs, signal);
    try {
      await this.directory.prepare(edgeUser());
      return await withFileLock(this.directory.lockFile, deadline.signal, (lost) => {
        deadline.disarm();
        return switchDoors(this.sides, targets, work, AbortSignal.any([signal, lost]));
      });
    } catch (error) {
      // What `work` threw stays as it is.
      throw deadline.signal.aborted ? translated(error) : error;
    } finally {
      deadline.disarm();
    }
  }

  async listDoors(signal: AbortSignal): Promise<readonly DoorTarget[]> {
    return [...(await readRunningDoors(this.socket, signal)).values()];
  }

  /** Settles when the caller gives up, even though the round that its change is part of goes on for others. */
  private change(change: Change, signal: AbortSignal): Promise<void> {
    return withDeadline(roundsDeadlineMs, signal, () => this.changes.add(change)).catch(rethrowTranslated);
  }

  private carryOut(changes: readonly Change[]): Promise<void> {
    return this.locked(new AbortController().signal, changeDeadlineMs, (within) =>
      this.apply((known) => changes.reduce((current, change) => change(current), known), within),
    );
  }

  /** Under the lock. */
  private async apply(change: Change, signal: AbortSignal): Promise<void> {
    const known = await this.directory.readDoors();
    const doors = change(known);
    await writeChange(this.sides, known, doors);
    await faultPoints.reached('edge:doors-written');
    await publishChange(this.sides, known, doors, signal);
    await tidyAllowLists(this.sides, known, doors, signal);
  }

  private async publishAll(doors: DoorMap, lists: AllowLists, signal: AbortSignal): Promise<void> {
    await publishAllowLists(this.socket, lists, signal);
    await publishDoors(this.socket, doors, signal);
  }

  private locked<T>(signal: AbortSignal, deadlineMs: number, work: (within: AbortSignal) => Promise<T>): Promise<T> {
    return withDeadline(deadlineMs, signal, async (within) => {
      await this.directory.prepare(edgeUser());
      return withFileLock(this.directory.lockFile, within, (lost) => work(AbortSignal.any([within, lost])));
    }).catch(rethrowTranslated);
  }

  /** Half of the processors, since the databases need the rest; more than four would only cost memory. */
  private async settings(signal: AbortSignal): Promise<HaproxySettings> {
    const { cpus } = await this.options.engine.info(signal);
    const { bindAddress, ports, maxConnections = 7_000 } = this.options;
    return { bindAddress, ports, maxConnections, threads: Math.min(4, Math.max(1, Math.floor(cpus / 2))) };
  }
}

/** Root gives the edge a user of its own; anybody else can only give it their own. */
const edgeUser = (): EdgeUser => {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return uid === 0 ? { uid: 10998, gid: 10998 } : { uid, gid };
};
