import { describeReplicationOf } from './replication.ioredis.js';

describeReplicationOf('8.0');
