import { describe, expect, it } from '@jest/globals';
import { pairs, parseInfo } from './parse-info.js';

describe('parseInfo', () => {
  it('reads fields over several sections', () => {
    const text =
      '# Server\r\nredis_version:8.0.2\r\nexecutable:/usr/bin/redis-server\r\n\r\n# Replication\r\nslave0:ip=10.0.0.2,port=6379\r\nrole:master\r\n';
    expect(parseInfo(text)).toEqual({
      redis_version: '8.0.2',
      executable: '/usr/bin/redis-server',
      slave0: 'ip=10.0.0.2,port=6379',
      role: 'master',
    });
  });

  it('keeps empty values and colons', () => {
    expect(parseInfo('config_file:\r\ntime:10:20:30\n')).toEqual({ config_file: '', time: '10:20:30' });
  });

  it('reads nothing out of nothing', () => {
    expect(parseInfo('')).toEqual({});
    expect(parseInfo('# Keyspace\r\n')).toEqual({});
  });
});

describe('pairs', () => {
  it('takes names and values in turn', () => {
    expect(pairs(['save', '', 'maxmemory', '0'])).toEqual({ save: '', maxmemory: '0' });
    expect(pairs([])).toEqual({});
  });
});
