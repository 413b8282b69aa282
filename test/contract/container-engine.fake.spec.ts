import { FakeContainerEngine } from '#engine/fake/fake-container-engine.js';
import { describeContainerEngine } from './container-engine.suite.js';

const image = 'holdfast/redis:8.0';

describeContainerEngine('fake', new FakeContainerEngine({ images: [image] }), image);
