import type { DoorSettings } from '#domain/database/door-settings.js';

/**
 * The edge: the one door to databases from outside their network. A door is a port that leads to an address;
 * the port outlives the container behind it. What is set here is on disk as well and survives the edge's restart.
 *
 * Errors: `edge_unreachable` when the edge does not answer, `edge_ports_taken` when it cannot hold its range.
 */
export interface Edge {
  /** Starts the edge when it does not run, with the doors that were recorded. Running twice changes nothing. */
  ensureRunning(signal: AbortSignal): Promise<void>;
  /** Makes each port lead to its address with these settings, replacing what it led to. Connections that are open stay as they are. */
  openDoors(doors: readonly DoorTarget[], signal: AbortSignal): Promise<void>;
  /** Ports that lead nowhere afterwards: connections to them are reset. Unknown ports are no error. */
  closeDoors(ports: readonly number[], signal: AbortSignal): Promise<void>;
  /**
   * Makes exactly these doors lead somewhere: what heals an edge whose records were lost or fell behind. The list has to be
   * the whole truth at that moment, so nothing else may change doors between reading it and this call.
   */
  replaceDoors(doors: readonly DoorTarget[], signal: AbortSignal): Promise<void>;
  /**
   * Makes doors as they are wanted, but only those that the running edge still has as they were seen: whoever changed one
   * meanwhile knew more. The others are left alone, and that is no error.
   */
  amendDoors(amendments: readonly DoorAmendment[], signal: AbortSignal): Promise<void>;
  /**
   * Runs `work` once, and then makes the doors lead where they are told. From the call of `shut` that `work` makes until then they are
   * shut: a new connection is held for about 100 ms with what it has sent, goes where its door leads by then, under the settings the
   * door has by then, and is reset when the door is still shut. One that sends more than about 15 kB or ends its side is not held;
   * connections that are open stay. No other change of any door happens meanwhile. When `work` throws, the doors lead again to where
   * they led before, and its error is thrown; a signal that fires only reaches `work`. Returns when, on the clock of
   * `performance.now()`, the doors led to their targets; what is on disk is written after that.
   *
   * Errors: `edge_unreachable` before `work` was begun, which then never runs; or after its success, when the edge died
   * meanwhile: where the doors lead is recorded then, and ensureRunning makes it so.
   */
  switchDoors(doors: readonly DoorTarget[], work: DoorWork, signal: AbortSignal): Promise<number>;
  /** Every door the running edge knows; one that is shut is not among them. */
  listDoors(signal: AbortSignal): Promise<readonly DoorTarget[]>;
}

/** What is done between two ways of a door. Errors of `shut`: `edge_unreachable`. */
export type DoorWork = (shut: () => Promise<void>, signal: AbortSignal) => Promise<void>;

export interface DoorTarget {
  /** Port of the edge that clients connect to. */
  readonly port: number;
  /** IPv4 address of the container behind it. */
  readonly address: string;
  readonly targetPort: number;
  readonly settings: DoorSettings;
}

/** A door as somebody saw it and as it should be; null means that it leads nowhere. */
export interface DoorAmendment {
  readonly port: number;
  readonly seen: DoorTarget | null;
  readonly wanted: DoorTarget | null;
}
