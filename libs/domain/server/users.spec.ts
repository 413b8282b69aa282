import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { letAnybodyIn, renderUsers, withoutSecrets } from './users.js';

const passwords = { tenant: ['canary-tenant'], manager: 'canary-manager' };
const hash = (password: string): string => createHash('sha256').update(password).digest('hex');

const reporter = `user reporter on #${hash('p')} ~reports:* resetchannels -@all +get`;

describe('renderUsers', () => {
  it('writes the users of a new 8.0', () => {
    expect(renderUsers('8.0', passwords, null)).toBe(
      [
        'user default off resetpass ~* &* +@all',
        `user holdfast-manager on #${hash('canary-manager')} ~* &* +@all`,
        `user tenant on #${hash('canary-tenant')} ~* &* +@all -config +config|get -module -debug -shutdown -replicaof -slaveof -failover -sync -psync -replconf -migrate -cluster`,
        '',
      ].join('\n'),
    );
  });

  it('leaves out what 6.0 does not know', () => {
    const text = renderUsers('6.0', passwords, null);
    expect(text).not.toMatch(/&\*|-failover/);
    expect(renderUsers('6.2', passwords, null)).toMatch(/&\*.* -failover/);
  });

  it('lets clients of 6.0 log in with HELLO, which later versions let everybody ask', () => {
    expect(renderUsers('6.0', passwords, null)).toMatch(/^user default off resetpass resetkeys -@all \+hello$/m);
    expect(renderUsers('6.2', passwords, null)).not.toContain('+hello');
  });

  it.each(['6.2', '7.0', '8.0'])(
    'lets %s load the transactions of its AOF, which it does as the default user',
    (version) => {
      expect(renderUsers(version, passwords, null)).toMatch(/^user default off resetpass ~\* &\* \+@all$/m);
    },
  );

  it('lets followers in for replication and nothing else, and whoever follows no more is gone', () => {
    const followers = [{ username: 'holdfast-replica-1', password: 'canary-1' }];
    const line = (rules: string): string => `user holdfast-replica-1 on #${hash('canary-1')} ${rules}`;
    const eight = renderUsers('8.0', passwords, null, followers);
    expect(eight.split('\n')).toContain(line('resetchannels -@all +ping +replconf +psync'));
    expect(renderUsers('6.0', passwords, null, followers).split('\n')).toContain(line('-@all +ping +replconf +psync'));
    expect(renderUsers('8.0', passwords, eight)).toBe(renderUsers('8.0', passwords, null));
  });

  it('holds hashes, never a password', () => {
    expect(renderUsers('8.0', { tenant: ['canary-1', 'canary-2'], manager: 'canary-3' }, null)).not.toContain('canary');
  });

  it('takes two passwords while one replaces the other', () => {
    const text = renderUsers('8.0', { ...passwords, tenant: ['old', 'new'] }, null);
    expect(text).toContain(`user tenant on #${hash('old')} #${hash('new')} ~*`);
  });

  it('keeps the users that a tenant has saved, word for word', () => {
    expect(renderUsers('8.0', passwords, `${reporter}\n`).split('\n')).toContain(reporter);
  });

  it('rendered over itself is itself: nothing doubles, nothing is lost', () => {
    const names = fc.array(fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/), { maxLength: 8 });
    fc.assert(
      fc.property(names, fc.constantFrom('6.0', '6.2', '7.0', '8.2'), (users, version) => {
        const saved = [...new Set(users)].map((name) => `user ${name} on nopass ~* +@all`).join('\n');
        const once = renderUsers(version, passwords, saved);
        expect(renderUsers(version, passwords, once)).toBe(once);
      }),
    );
  });

  it.each([
    'user default on nopass ~* &* +@all',
    'user holdfast-manager off',
    'user tenant on nopass ~* &* +@all',
    `user holdfast-replica-7 on #${hash('p')} -@all +psync`,
  ])('puts its own users back as they must be, whatever was saved: %s', (line) => {
    expect(renderUsers('8.0', passwords, `${line}\n${reporter}`)).toBe(renderUsers('8.0', passwords, reporter));
  });

  it('passes over what is not a user', () => {
    expect(renderUsers('8.0', passwords, '# a comment\n\nnonsense\n')).toBe(renderUsers('8.0', passwords, null));
  });
});

describe('a server that nobody but Holdfast reaches', () => {
  it.each([
    ['6.0', '~* +@all'],
    ['8.0', '~* &* +@all'],
  ])('of %s lets anybody in, and has all other users as they are', (version, rules) => {
    const own = renderUsers(version, passwords, reporter).split('\n');
    const open = letAnybodyIn(version, own.join('\n')).split('\n');
    expect(open[0]).toBe(`user default on nopass ${rules}`);
    expect(open.slice(1)).toEqual(own.slice(1));
  });
});

describe('what Redis says of a user that it cannot read', () => {
  it('is shown without hashes and passwords, and whole otherwise', () => {
    const said = (secret: string) => `>>> 'user reader on ${secret} +stralgo': Unknown command in '+stralgo'`;
    for (const secret of [`#${hash('canary')}`, '>canary-password', '<canary-password', `!${hash('canary')}`])
      expect(withoutSecrets(said(secret))).toBe(said('…'));
  });
});
