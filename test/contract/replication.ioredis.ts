import { execFileSync } from 'node:child_process';
import { jest } from '@jest/globals';
import { DockerEngine } from '#engine/docker/docker-engine.js';
import { IoredisConnector } from '#engine/redis/ioredis-connector.js';
import { redisImage } from '../support/images.js';
import { describeReplication } from './replication.suite.js';

/** A file for each version: they take minutes, and two files run at a time. */
export const describeReplicationOf = (version: '6.0' | '7.0' | '8.0'): void => {
  jest.setTimeout(60_000);
  describeReplication(`Redis ${version}`, {
    engine: new DockerEngine({ socketPath: '/var/run/docker.sock' }),
    connector: new IoredisConnector({ connectMs: 1_000 }),
    image: redisImage(version),
    version,
    freeze: (name) => void execFileSync('docker', ['pause', name]),
    thaw: (name) => void execFileSync('docker', ['unpause', name]),
    holdCopy: () => undefined,
    releaseCopy: () => undefined,
  });
};
