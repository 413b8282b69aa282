import { isIPv4 } from 'node:net';
import { defaultDoorSettings, type DoorSettings } from '#domain/database/door-settings.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { DoorTarget } from '../ports/edge.js';
import { addressOf, digitsOf } from './address-digits.js';
import { listName } from './allow-lists.js';

/** The doors by their port; the form in which they are changed. */
export type DoorMap = ReadonlyMap<number, DoorTarget>;

export const doorMap = (doors: Iterable<DoorTarget>): DoorMap =>
  new Map([...doors].sort((a, b) => a.port - b.port).map((door) => [door.port, checked(door)]));

export const isSameDoor = (one: DoorTarget | null, other: DoorTarget | null): boolean =>
  one === null || other === null ? one === other : renderDoor(one) === renderDoor(other);

/** A name would be resolved by nobody, and a line break would open doors of its own. */
const checked = (door: DoorTarget): DoorTarget => {
  if (isIPv4(door.address)) return door;
  throw new HoldfastError('internal_error', `"${door.address}" behind door ${String(door.port)} is no IPv4 address`);
};

/**
 * One line of HAProxy's map file for each door: `24000 10.224.0.2:6379`. A door with settings has five more fields: connection limit,
 * idle timeout in seconds, the digits of its bind address, the name of its allow list, and that list, each empty when it is not set:
 * `24000 10.224.0.2:6379|50|300|7F000001|3f2a…|10.0.0.0/8,2001:db8::/32`. The last one is for us: HAProxy does not read it.
 */
export const renderDoors = (doors: DoorMap): string =>
  [...doors.values()].map((door) => `${renderDoor(door)}\n`).join('');

export const renderDoor = ({ port, address, targetPort, settings }: DoorTarget): string =>
  `${String(port)} ${address}:${String(targetPort)}${renderSettings(settings)}`;

const renderSettings = ({ allow, connectionLimit, idleTimeoutSeconds, bindAddress }: DoorSettings): string => {
  const fields = [
    connectionLimit ?? '',
    idleTimeoutSeconds ?? '',
    bindAddress === null ? '' : digitsOf(bindAddress),
    ...(allow.length === 0 ? ['', ''] : [listName(allow), allow.join(',')]),
  ];
  return fields.every((field) => field === '') ? '' : `|${fields.join('|')}`;
};

/** The file's lines, or those of `show map`, which begin with a pointer: `0x55d0 24000 10.224.0.2:6379`. */
export const parseDoors = (text: string): DoorMap =>
  doorMap(
    text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map(parseDoor),
  );

const doorLine =
  /^(?:0x[0-9a-f]+ )?(?<port>\d+) (?<address>[\d.]+):(?<targetPort>\d+)(?:\|(?<limit>\d*)\|(?<idle>\d*)\|(?<bind>[\dA-F]*)\|[\da-f]*\|(?<allow>[\da-f.:/,]*))?$/;

const parseDoor = (line: string): DoorTarget => {
  const { port, address, targetPort, ...settings } = doorLine.exec(line)?.groups ?? {};
  if (address === undefined) throw new HoldfastError('internal_error', `the edge's map has the line "${line}"`);
  return { port: Number(port), address, targetPort: Number(targetPort), settings: parseSettings(settings) };
};

const parseSettings = ({ limit, idle, bind, allow }: Record<string, string | undefined>): DoorSettings =>
  limit === undefined
    ? defaultDoorSettings
    : {
        allow: allow ? allow.split(',') : [],
        connectionLimit: limit ? Number(limit) : null,
        idleTimeoutSeconds: idle ? Number(idle) : null,
        bindAddress: bind ? addressOf(bind) : null,
      };
