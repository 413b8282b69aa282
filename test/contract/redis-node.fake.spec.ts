import { FakeContainerEngine } from '#engine/fake/fake-container-engine.js';
import { FakeRedisConnector } from '#engine/fake/fake-redis-connector.js';
import { describeRedisConnector } from './redis-node.suite.js';

describeRedisConnector('fake', () => {
  const image = 'holdfast/redis:8.0';
  const engine = new FakeContainerEngine({ images: [image] });
  return { engine, connector: new FakeRedisConnector(engine), image, version: '8.0' };
});
