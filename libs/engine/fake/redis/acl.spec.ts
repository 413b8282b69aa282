import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { FakeAcl } from './acl.js';

const hash = (password: string) => `#${createHash('sha256').update(password).digest('hex')}`;
const file = `user default off\nuser a on ${hash('one')} ${hash('two')} ~* +@all\nuser b off ${hash('one')}\n`;

describe('FakeAcl', () => {
  const acl = new FakeAcl(file, '8.0');

  it('wants a user that is on and one of its passwords', () => {
    expect(acl.admits('a', 'one')).toBe(true);
    expect(acl.admits('a', 'two')).toBe(true);
    expect(acl.admits('a', 'three')).toBe(false);
    expect(acl.admits('b', 'one')).toBe(false);
    expect(acl.admits('default', '')).toBe(false);
    expect(acl.admits('nobody', 'one')).toBe(false);
  });

  it('lets the last rule that fits decide', () => {
    acl.set('c', ['on', '~app:*', '+@all', '-config', '+config|get', '-@dangerous', '+keys']);
    const user = acl.user('c');
    expect(user?.mayRun('config', 'SET', ['admin'])).toBe(false);
    expect(user?.mayRun('config', 'GET', ['admin'])).toBe(true);
    expect(user?.mayRun('info', undefined, ['dangerous'])).toBe(false);
    expect(user?.mayRun('keys', '*', ['read', 'dangerous'])).toBe(true);
    expect(user?.mayTouch('app:1')).toBe(true);
    expect(user?.mayTouch('other')).toBe(false);
  });

  it('reads back what it shows', () => {
    const again = new FakeAcl(acl.lines().join('\n'), '8.0');
    expect(again.lines()).toEqual(acl.lines());
  });
});
