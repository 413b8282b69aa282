import { jest } from '@jest/globals';
import { DockerEngine } from '#engine/docker/docker-engine.js';
import { redisImage } from '../support/images.js';
import { describeContainerEngine } from './container-engine.suite.js';

jest.setTimeout(60_000);

describeContainerEngine('Docker', new DockerEngine({ socketPath: '/var/run/docker.sock' }), redisImage('7.0'));
