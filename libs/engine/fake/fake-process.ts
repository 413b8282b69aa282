import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { ContainerSpec, FileEntry } from '../ports/container-engine.js';
import { posix } from 'node:path';
import { FakeRedisServer, type FakePlace } from './fake-redis-server.js';

/** What a container gives to its process. */
export interface FakeSurroundings extends Omit<FakePlace, 'version' | 'name' | 'save'> {
  entry(path: string): FileEntry | null;
  write(directory: string, files: readonly FileEntry[]): void;
}

/** What became of a container's command line. `server` is null for a process that has already ended. */
export interface FakeProcess {
  readonly server: FakeRedisServer | null;
  readonly exitCode: number;
  readonly log: string;
}

/** Images hold one program here, as the real ones do. Errors: `engine_error` for any other. */
export const runProcess = (spec: ContainerSpec, around: FakeSurroundings): FakeProcess => {
  const [program, argument = ''] = spec.command;
  const version = spec.image.split(':').pop() ?? '';
  if (program !== 'redis-server')
    throw new HoldfastError('engine_error', `${spec.image} has no program ${String(program)}`);
  if (argument === '--version') return { server: null, exitCode: 0, log: `Redis server v=${version}\n` };
  const configuration = around.read(argument);
  if (configuration === null)
    return { server: null, exitCode: 1, log: `Fatal error, can't open config file '${argument}'\n` };
  const server = new FakeRedisServer(configuration.toString(), {
    name: spec.name,
    version,
    address: around.address,
    network: around.network,
    now: () => around.now(),
    read: (path) => around.read(path),
    save: (path, content) => save(spec, around, path, content),
  });
  const { complaint } = server.settings;
  if (complaint !== null) {
    server.end(false);
    return { server: null, exitCode: 1, log: complaint };
  }
  return { server, exitCode: 0, log: 'Ready to accept connections\n' };
};

/** As the process' user, who has to own the directory or to be let into it. */
const save = (spec: ContainerSpec, around: FakeSurroundings, path: string, content: Buffer): boolean => {
  const directory = posix.dirname(path);
  if (!mayWrite(around.entry(directory), spec.user)) return false;
  const [uid = 0, gid = 0] = spec.user.split(':').map(Number);
  around.write(directory, [{ path: posix.basename(path), content, mode: 0o600, uid, gid }]);
  return true;
};

/** A server that should save its data and cannot write them does not end on SIGTERM. */
export const endsOnTerm = (server: FakeRedisServer, spec: ContainerSpec, around: FakeSurroundings): boolean =>
  server.setting('save') === '' || mayWrite(around.entry(server.setting('dir')), spec.user);

const mayWrite = (directory: FileEntry | null, user: string): boolean => {
  if (directory === null) return false;
  const [uid, gid] = user.split(':').map(Number);
  const writable = directory.uid === uid ? 0o200 : directory.gid === gid ? 0o020 : 0o002;
  return (directory.mode & writable) !== 0;
};
