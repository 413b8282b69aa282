import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { DoorTarget } from '../ports/edge.js';
import { allowedLines, type AllowLists } from './allow-lists.js';
import { parseDoors, renderDoor, type DoorMap } from './door-map.js';
import { containerPaths, shutDoor } from './haproxy-config.js';
import type { RuntimeSocket } from './runtime-socket.js';

/** A command must fit HAProxy's buffer of 16 kB. */
const bytesPerCommand = 14_000;

/**
 * Makes the running map equal to `doors`, in one step for connections: they see all of the old doors or all of the new ones.
 * What a crash left in between, half a prepared version included, is gone after the next call. 4,000 doors take about 5 ms.
 * The allow lists of the doors have to be published before.
 */
export const publishDoors = (socket: RuntimeSocket, doors: DoorMap, signal: AbortSignal): Promise<void> =>
  publish(socket, containerPaths.doors, [...doors.values()].map(renderDoor), signal);

/** Makes the running edge know exactly these lists. */
export const publishAllowLists = (socket: RuntimeSocket, lists: AllowLists, signal: AbortSignal): Promise<void> =>
  publish(socket, containerPaths.allowed, allowedLines(lists), signal);

const publish = async (
  socket: RuntimeSocket,
  map: string,
  lines: readonly string[],
  signal: AbortSignal,
): Promise<void> => {
  const version = await prepareVersion(socket, map, signal);
  for (const payload of packed(lines, '\n')) await socket.tell(`add map @${version} ${map} <<\n${payload}\n`, signal);
  await socket.tell(`commit map @${version} ${map}`, signal);
};

/** Joined by the separator, in as few pieces as fit. */
const packed = (parts: readonly string[], separator: string): string[] => {
  const pieces: string[] = [];
  for (const part of parts) {
    const last = pieces.at(-1);
    if (last === undefined || last.length + part.length > bytesPerCommand) pieces.push(part);
    else pieces[pieces.length - 1] = `${last}${separator}${part}`;
  }
  return pieces;
};

/**
 * These doors lead where they are told; the others stay as they are. For those at `present`, which the running edge has, no moment
 * lies between the two ways. Errors: `edge_unreachable` when it has one of them no more.
 */
export const leadDoors = async (
  socket: RuntimeSocket,
  doors: DoorMap,
  present: DoorMap,
  signal: AbortSignal,
): Promise<void> => {
  // What is not present is removed first: a key can be in the map twice, and an edge that started anew has read the old way from disk.
  const commands = [...doors.values()].map((door) =>
    present.has(door.port) ? setting(renderDoor(door)) : `${removal(door.port)}; ${addition(door)}`,
  );
  await sendAll(socket, commands, signal);
};

/** New connections to these ports, which the running edge has, are held from now on. Only the running map changes. */
export const shutDoors = (socket: RuntimeSocket, ports: Iterable<number>, signal: AbortSignal): Promise<void> =>
  sendAll(
    socket,
    [...ports].map((port) => setting(`${String(port)} ${shutDoor}`)),
    signal,
  );

const setting = (line: string): string => `set map ${containerPaths.doors} ${line}`;
const removal = (port: number): string => `del map ${containerPaths.doors} ${String(port)}`;
const addition = (door: DoorTarget): string => `add map ${containerPaths.doors} ${renderDoor(door)}`;

/** As few exchanges as possible: doors are shut for as long as this takes. */
const sendAll = async (socket: RuntimeSocket, commands: readonly string[], signal: AbortSignal): Promise<void> => {
  for (const some of packed(commands, '; ')) {
    const answer = await socket.ask(some, signal);
    const complaints = answer.split('\n').filter((line) => line !== '' && line !== 'Key not found.');
    if (complaints.length > 0)
      throw new HoldfastError('edge_unreachable', `the edge refused a command: ${complaints.join(' ')}`);
  }
};

/** Without those that are shut. */
export const readRunningDoors = async (socket: RuntimeSocket, signal: AbortSignal): Promise<DoorMap> => {
  const lines = (await socket.ask(`show map ${containerPaths.doors}`, signal)).split('\n');
  return parseDoors(lines.filter((line) => !line.endsWith(` ${shutDoor}`)).join('\n'));
};

const prepareVersion = async (socket: RuntimeSocket, map: string, signal: AbortSignal): Promise<string> => {
  const answer = await socket.ask(`prepare map ${map}`, signal);
  const version = /^New version created: (\d+)/.exec(answer)?.[1];
  if (version === undefined)
    throw new HoldfastError('edge_unreachable', `the edge refused a command: ${answer.trim()}`);
  return version;
};
