import { S3Store } from '#engine/stores/s3-store.js';
import { S3Server, s3Credentials } from '../support/s3-server.js';
import { describeObjectStore } from './object-store.suite.js';

const place = { region: 'us-east-1', credentials: s3Credentials, ca: null, forcePathStyle: true };

describeObjectStore('S3', async () => {
  const server = await S3Server.start();
  const { bucket, endpoint } = server;
  const store = new S3Store({ ...place, bucket, endpoint, prefix: 'deep/inside' });
  return { store, cleanUp: () => server.close() };
});
