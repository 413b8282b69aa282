import { FakeEdge } from '#engine/fake/fake-edge.js';
import { describeEdge } from './edge.suite.js';

describeEdge('fake', async () => {
  const edge = new FakeEdge();
  const kill = async () => edge.stop();
  return { edge, firstPort: 7611, kill, cleanUp: kill };
});
