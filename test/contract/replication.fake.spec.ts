import { FakeContainerEngine } from '#engine/fake/fake-container-engine.js';
import { FakeRedisConnector } from '#engine/fake/fake-redis-connector.js';
import { describeReplication } from './replication.suite.js';

for (const version of ['6.0', '7.0', '8.0'] as const) {
  const image = `holdfast/redis:${version}`;
  const engine = new FakeContainerEngine({ images: [image] });
  describeReplication(`fake ${version}`, {
    engine,
    image,
    version,
    connector: new FakeRedisConnector(engine),
    freeze: (name) => engine.freeze(name),
    thaw: (name) => engine.thaw(name),
    holdCopy: (name) => engine.holdReplication(name),
    releaseCopy: (name) => engine.releaseReplication(name),
  });
}
