import { describeReplicationOf } from './replication.ioredis.js';

describeReplicationOf('7.0');
