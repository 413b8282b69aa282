import { docker, makeTestEdge } from '../support/test-edge.js';
import { describeEdge } from './edge.suite.js';

describeEdge('HAProxy', async () => {
  const { edge, options, containerName, cleanUp } = await makeTestEdge();
  return {
    edge,
    firstPort: options.ports.first,
    // The engine does not restart a container that was killed through it.
    kill: async () => void (await docker('kill', containerName)),
    cleanUp,
  };
});
