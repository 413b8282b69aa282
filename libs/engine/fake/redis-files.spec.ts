import { describe, expect, it } from '@jest/globals';
import { parseRedisConfiguration } from './redis-files.js';

describe('parseRedisConfiguration', () => {
  it('shows settings as a server does', () => {
    const text =
      '# comment\nport 6379\nsave 900 1\nsave 300 10\nmaxmemory 100mb\nlogfile ""\n\ntls-protocols "TLSv1.2 TLSv1.3"\n';
    expect(Object.fromEntries(parseRedisConfiguration(text))).toEqual({
      port: '6379',
      save: '900 1 300 10',
      maxmemory: '104857600',
      logfile: '',
      'tls-protocols': 'TLSv1.2 TLSv1.3',
    });
  });

  it('reads no save points as none', () => {
    expect(parseRedisConfiguration('save ""\n').get('save')).toBe('');
  });
});
