import { describe, expect, it } from '@jest/globals';
import { credentialToKeep, redisCliLine, renderSummary } from './summary.js';

const url = 'rediss://app:p%40ss@127.0.0.1:20001';
const credential = { type: 'redis+ssl', follows: 'primary', url };
const database = { id: '1', handle: 'hello', version: '8.0', persistence: 'aof', status: 'provisioned' };

describe('redisCliLine', () => {
  it('gives the password by the environment, decoded, and never as an argument', () => {
    expect(redisCliLine(url, '/var/lib/holdfast/ca.pem')).toBe(
      'REDISCLI_AUTH=p@ss redis-cli --tls --cacert /var/lib/holdfast/ca.pem -p 20001 --user app PING',
    );
  });

  it('names a host that is not the default one, without the brackets of an IPv6 address', () => {
    expect(redisCliLine('rediss://app:x@10.0.0.5:20001', '/ca')).toContain('-h 10.0.0.5 -p 20001');
    expect(redisCliLine('rediss://app:x@[::1]:20001', '/ca')).toContain('-h ::1 -p 20001');
  });

  it('quotes what the shell would take apart', () => {
    expect(redisCliLine(url, "/home/it's mine/ca.pem")).toContain(`--cacert '/home/it'\\''s mine/ca.pem' -p`);
  });
});

describe('credentialToKeep', () => {
  it('is the TLS door that follows the primary', () => {
    const others = [
      { ...credential, type: 'redis' },
      { ...credential, follows: 'database' },
    ];
    expect(credentialToKeep([...others, credential])).toBe(credential);
    expect(credentialToKeep(others)).toBeNull();
  });
});

describe('renderSummary', () => {
  const base = { url: 'http://127.0.0.1:7600', authorityFile: '/ca.pem', loginFile: '/root/credentials.json' };

  it('names the reference, the queues and their login, the database, its URL and three commands', () => {
    const text = renderSummary({ ...base, database, credential });
    const parts = ['http://127.0.0.1:7600/docs', '/queues', base.loginFile, 'hello', url, 'redis-cli --tls'];
    for (const part of parts) expect(text).toContain(part);
    expect(text.match(/npx holdfast/g)).toHaveLength(3);
  });

  it('leaves the database out when somebody removed it', () => {
    expect(renderSummary({ ...base, database: null, credential: null })).not.toContain('redis-cli');
  });
});
