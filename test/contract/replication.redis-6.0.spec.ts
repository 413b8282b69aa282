import { describeReplicationOf } from './replication.ioredis.js';

describeReplicationOf('6.0');
