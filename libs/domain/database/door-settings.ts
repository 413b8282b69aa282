/** Who may use a door, and how; set by its owner, kept through restarts, promotions and the death of the edge. */
export interface DoorSettings {
  /** CIDR blocks in canonical form, IPv4 and IPv6; none means everybody. */
  readonly allow: readonly string[];
  /** Connections at one time; null means no limit of its own. */
  readonly connectionLimit: number | null;
  /** After this long without a byte either way a connection is ended; one of the values of isIdleTimeout. Null means one hour. */
  readonly idleTimeoutSeconds: number | null;
  /** Only connections to this address of the host are taken; null means every address that the edge listens on. */
  readonly bindAddress: string | null;
}

export const defaultDoorSettings: DoorSettings = {
  allow: [],
  connectionLimit: null,
  idleTimeoutSeconds: null,
  bindAddress: null,
};

/** What a door may be set to at most. */
export const doorBounds = { allowEntries: 100, connectionLimit: 1_000_000, idleTimeoutSeconds: 86_400 } as const;

const finestUntilSeconds = 120;

/**
 * Whole seconds up to two minutes, whole minutes from then on up to a day: HAProxy has no time-out that can be set for one
 * connection in TCP mode, so the edge knows one of each length, and the list of them has to be closed.
 */
export const isIdleTimeout = (seconds: number): boolean =>
  Number.isInteger(seconds) &&
  seconds >= 1 &&
  seconds <= doorBounds.idleTimeoutSeconds &&
  (seconds <= finestUntilSeconds || seconds % 60 === 0);

/** Every value of isIdleTimeout, the shortest first. */
export const idleTimeouts = (): number[] => [
  ...Array.from({ length: finestUntilSeconds }, (_, index) => index + 1),
  ...Array.from(
    { length: (doorBounds.idleTimeoutSeconds - finestUntilSeconds) / 60 },
    (_, index) => finestUntilSeconds + 60 * (index + 1),
  ),
];

export const sameDoorSettings = (one: DoorSettings, other: DoorSettings): boolean =>
  one.connectionLimit === other.connectionLimit &&
  one.idleTimeoutSeconds === other.idleTimeoutSeconds &&
  one.bindAddress === other.bindAddress &&
  one.allow.length === other.allow.length &&
  one.allow.every((block, index) => block === other.allow[index]);
