import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DockerEngine } from '#engine/docker/docker-engine.js';
import { HaproxyEdge, type HaproxyEdgeOptions } from '#engine/edge/haproxy-edge.js';
import { freePortRange } from './free-ports.js';
import { haproxyImage } from './images.js';
import { uniqueName } from './names.js';
import { removeOwned } from './remove-owned.js';

const run = promisify(execFile);

export interface TestEdge {
  readonly edge: HaproxyEdge;
  readonly options: HaproxyEdgeOptions;
  readonly containerName: string;
  readonly cleanUp: () => Promise<void>;
}

/** A real edge of its own installation, with its own ports and directory; it is not started. */
export const makeTestEdge = async (portCount = 50): Promise<TestEdge> => {
  const options: HaproxyEdgeOptions = {
    engine: new DockerEngine({ socketPath: '/var/run/docker.sock' }),
    installation: uniqueName('hfe'),
    image: haproxyImage(),
    directory: await mkdtemp(join(tmpdir(), 'holdfast-edge-')),
    bindAddress: '127.0.0.1',
    ports: await freePortRange(portCount),
    maxConnections: 1_000,
  };
  return {
    edge: new HaproxyEdge(options),
    options,
    containerName: `${options.installation}-edge`,
    cleanUp: async () => {
      await removeOwned(options.engine, options.installation);
      await rm(options.directory, { recursive: true });
    },
  };
};

export const docker = async (...args: readonly string[]): Promise<string> =>
  (await run('docker', [...args])).stdout.trim();
