import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { aclUser } from '#domain/server/acl-line.js';
import { replicationUserRules } from '#domain/server/users.js';
import { login, type ReplicationFixture } from './replication-fixture.js';
import { refused } from './replication.expectations.js';

/** ACL users at run time and in the file. */
export const describeUsers = (fixture: ReplicationFixture): void => {
  const { signal, subject } = fixture;
  const hash = (password: string) => createHash('sha256').update(password).digest('hex');

  describe('users', () => {
    it('for replication may do nothing else', async () => {
      const server = await fixture.server();
      const node = await server.connect(login);
      await node.ping(signal);
      const all = [['GET', 'k'], ['SET', 'k', '1'], ['INFO'], ['CONFIG', 'GET', 'port'], ['ACL', 'LIST'], ['DBSIZE']];
      for (const command of all) {
        await expect(node.command(command, signal)).rejects.toMatchObject(refused('NOPERM'));
      }
    });

    it('are made, changed, listed and removed', async () => {
      const server = await fixture.server();
      const rules = replicationUserRules(subject.version, { username: 'u', password: 'first-password' });
      expect(await server.command('ACL', 'SETUSER', 'u', ...rules)).toBe('OK');
      const lines = (await server.command('ACL', 'LIST')) as string[];
      const user = lines.map(aclUser).find(({ name }) => name === 'u');
      expect(user?.rules).toEqual(
        expect.arrayContaining(['on', `#${hash('first-password')}`, '-@all', '+ping', '+replconf', '+psync']),
      );
      expect(user?.rules.includes('resetchannels')).toBe(subject.version !== '6.0');
      await server.connect({ username: 'u', password: 'first-password' });
      await server.command('ACL', 'SETUSER', 'u', 'resetpass', '>second-password', '+get', '~app:*');
      const node = await server.connect({ username: 'u', password: 'second-password' });
      expect(await node.command(['GET', 'app:1'], signal)).toBeNull();
      await expect(node.command(['GET', 'other'], signal)).rejects.toMatchObject(refused('NOPERM'));
      await expect(server.connect({ username: 'u', password: 'first-password' })).rejects.toMatchObject({
        code: 'server_not_ready',
      });
      expect(await server.command('ACL', 'USERS')).toContain('u');
      const described = (await server.command('ACL', 'GETUSER', 'u')) as unknown[];
      expect(described[described.indexOf('passwords') + 1]).toEqual([hash('second-password')]);
      expect(described[described.indexOf('flags') + 1]).toContain('on');
      expect(await server.command('ACL', 'DELUSER', 'u', 'nobody')).toBe(1);
      await expect(node.ping(signal)).rejects.toMatchObject({ code: 'server_not_ready' });
      expect(await server.command('ACL', 'GETUSER', 'u')).toBeNull();
    });

    it('stay as they were when one rule is wrong', async () => {
      const server = await fixture.server();
      await server.command('ACL', 'SETUSER', 'u', 'on', '>a-password', '+ping');
      await expect(server.command('ACL', 'SETUSER', 'u', 'off', 'nonsense')).rejects.toMatchObject(refused('ERR'));
      await server.connect({ username: 'u', password: 'a-password' });
      await expect(server.command('ACL', 'DELUSER', 'default')).rejects.toMatchObject(refused('ERR'));
    });

    it('outlive a restart when they were saved, and come back from the file when it is loaded', async () => {
      const server = await fixture.server();
      await server.command('ACL', 'SETUSER', 'saved', 'on', '>a-password', '~*', '+@all');
      const other = await server.connect();
      expect(await server.command('ACL', 'SAVE')).toBe('OK');
      await server.command('ACL', 'SETUSER', 'unsaved', 'on', '>a-password');
      await server.command('ACL', 'DELUSER', 'saved');
      expect(await server.command('ACL', 'LOAD')).toBe('OK');
      // Before 7.2 a load ends everybody's connection, whoever asked for it included.
      const pinging = other.ping(signal);
      await (subject.version === '8.0' ? pinging : expect(pinging).rejects.toMatchObject({ code: 'server_not_ready' }));
      server.disconnect();
      expect(await server.command('ACL', 'USERS')).toContain('saved');
      expect(await server.command('ACL', 'USERS')).not.toContain('unsaved');
      await server.command('ACL', 'SETUSER', 'unsaved', 'on', '>a-password');
      await server.stop();
      await server.start();
      await server.connect({ username: 'saved', password: 'a-password' });
      await expect(server.connect({ username: 'unsaved', password: 'a-password' })).rejects.toMatchObject({
        code: 'server_not_ready',
      });
      expect(await server.command('ACL', 'USERS')).not.toContain('unsaved');
    });
  });

  it('settings change at run time, known ones only, and are the file again after a restart', async () => {
    const server = await fixture.server();
    expect(await server.command('CONFIG', 'SET', 'maxmemory', '10mb')).toBe('OK');
    expect(await server.command('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', '10485760']);
    await expect(server.command('CONFIG', 'SET', 'no-such-setting', '1')).rejects.toMatchObject(refused('ERR'));
    await expect(server.command('CONFIG', 'SET', 'replicaof', '127.0.0.1 1')).rejects.toMatchObject(refused('ERR'));
    await server.stop();
    await server.start();
    expect(await server.command('CONFIG', 'GET', 'maxmemory')).not.toEqual(['maxmemory', '10485760']);
    expect(await server.command('CONFIG', 'GET', 'replicaof')).toEqual(['replicaof', '']);
  });
};
