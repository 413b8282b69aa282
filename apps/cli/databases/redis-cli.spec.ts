import { describe, expect, it } from '@jest/globals';
import { redisCliArguments } from './redis-cli.js';

const door = { username: 'tenant', url: 'rediss://tenant:secret@127.0.0.1:20003' };

describe('the arguments of redis-cli', () => {
  it('check the certificate of a TLS door, and hold no password', () => {
    expect(redisCliArguments({ ...door, type: 'redis+ssl' }, '/tmp/ca.pem', ['PING'])).toEqual(
      '-h 127.0.0.1 -p 20003 --user tenant --tls --cacert /tmp/ca.pem PING'.split(' '),
    );
  });

  it('take an IPv6 address without its brackets', () => {
    const url = 'redis://tenant:secret@[::1]:20002';
    expect(redisCliArguments({ ...door, url, type: 'redis' }, '/tmp/ca.pem', [])).toEqual(
      '-h ::1 -p 20002 --user tenant'.split(' '),
    );
  });
});
