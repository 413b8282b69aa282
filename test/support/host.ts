import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The host as its administrator sees it: by Docker's own client, and not by Holdfast's code. */
export const docker = (...args: readonly string[]): Promise<string> => dockerWith({}, ...args);

/** With variables that the command may hand on by their names, so that no secret stands on a command line. */
export const dockerWith = async (
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<string> => {
  const env = { ...process.env, ...environment };
  return (await run('docker', [...args], { env, maxBuffer: 64 * 1024 * 1024 })).stdout.trim();
};

/** stdout and stderr of a container. */
export const containerLog = async (name: string): Promise<string> => {
  const { stdout, stderr } = await run('docker', ['logs', name], { maxBuffer: 64 * 1024 * 1024 });
  return stdout + stderr;
};

/** `docker inspect` of one thing. */
export const inspect = async <Document>(name: string): Promise<Document> => {
  const [document] = JSON.parse(await docker('inspect', name)) as [Document];
  return document;
};

export interface ContainerState {
  readonly Pid: number;
  readonly StartedAt: string;
  readonly OOMKilled: boolean;
  readonly Running: boolean;
}

export const stateOf = async (name: string): Promise<ContainerState> =>
  (await inspect<{ State: ContainerState }>(name)).State;

/**
 * Kills the container's first process from outside of Docker, as the kernel would. `docker kill` is no crash for Docker:
 * it stands for the wish of an administrator and so suspends the restart policy.
 */
export const crash = async (name: string): Promise<void> => {
  const { Pid, Running } = await stateOf(name);
  if (!Running || Pid <= 1) throw new Error(`${name} does not run`);
  process.kill(Pid, 'SIGKILL');
};

/** Paths of all files below a directory of a container, running or not; their content when it is asked for. */
export const filesIn = async <Result = readonly string[]>(
  name: string,
  directory: string,
  read: (root: string, paths: readonly string[]) => Promise<Result> = (_root, paths) =>
    Promise.resolve(paths as Result),
): Promise<Result> => {
  const copy = await mkdtemp(join(tmpdir(), 'holdfast-files-'));
  try {
    await docker('cp', `${name}:${directory}`, join(copy, 'root'));
    const root = join(copy, 'root');
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return await read(root, files.map((entry) => relative(root, join(entry.parentPath, entry.name))).sort());
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
};

/** Names of all containers, volumes and networks on the host whose name has this text in it. */
export const namedLike = async (text: string): Promise<readonly string[]> => {
  const filter = ['--filter', `name=${text}`];
  const lists = await Promise.all([
    docker('ps', '--all', '--format', 'container {{.Names}}', ...filter),
    docker('volume', 'ls', '--format', 'volume {{.Name}}', ...filter),
    docker('network', 'ls', '--format', 'network {{.Name}}', ...filter),
  ]);
  return lists.flatMap((list) => list.split('\n')).filter((line) => line !== '');
};
