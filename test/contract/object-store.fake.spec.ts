import { FakeObjectStore } from '#engine/fake/fake-object-store.js';
import { describeObjectStore } from './object-store.suite.js';

describeObjectStore('fake', async () => ({ store: new FakeObjectStore(), cleanUp: () => Promise.resolve() }));
