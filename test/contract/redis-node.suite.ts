import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverPaths, serverPorts, serverUser } from '#domain/server/names.js';
import { promisedSettings } from '#domain/server/redis-configuration.js';
import { serverUsers } from '#domain/server/users.js';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import type { ContainerEngine, Owner } from '#engine/ports/container-engine.js';
import type { InsideTarget, RedisConnector, RedisNode, RedisTarget } from '#engine/ports/redis-node.js';
import { waitUntil } from '#engine/wait/wait-until.js';
import { addressIn, uniqueName, uniqueSubnet } from '../support/names.js';
import { itShowsItsCertificate } from './redis-node.certificate.suite.js';
import { redisContainer, redisFiles } from '../support/redis-server.js';
import { removeOwned } from '../support/remove-owned.js';

export interface RedisSubject {
  readonly connector: RedisConnector;
  /** The engine on whose networks the connector finds its servers. */
  readonly engine: ContainerEngine;
  readonly image: string;
  readonly version: '7.0' | '8.0';
}

/** What every RedisConnector does, the fake included. */
export const describeRedisConnector = (title: string, makeSubject: () => RedisSubject): void => {
  describe(`RedisConnector: ${title}`, () => {
    const installation = uniqueName('hft');
    const owner: Owner = { installation, subject: 'db-1' };
    const signal = AbortSignal.timeout(120_000);
    const subnet = uniqueSubnet();
    const host = addressIn(subnet, 10);
    const manager = 'manager-password-0123456789';
    const { connector, engine, image, version } = makeSubject();
    const spec = redisContainer({
      name: `${installation}-redis`,
      owner,
      image,
      network: { kind: 'network', name: installation, aliases: [], ipv4: host },
    });
    let plain: RedisTarget;
    let tls: RedisTarget & { tls: NonNullable<RedisTarget['tls']> };
    let [strangerPem, certificatePem] = ['', ''];

    beforeAll(async () => {
      const authority = new X509CertificateAuthority();
      const [notBefore, notAfter] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)];
      const ca = await authority.createAuthority('test', notBefore, notAfter);
      strangerPem = (await authority.createAuthority('test', notBefore, notAfter)).certificatePem;
      const names = { dnsNames: ['hello.default'], ipAddresses: [host] };
      const certificate = await authority.issue(ca, { ...names, notBefore, notAfter });
      certificatePem = certificate.certificatePem;
      plain = { host, port: serverPorts.plain, username: serverUsers.manager, password: manager, tls: null };
      tls = { ...plain, port: serverPorts.tls, tls: { caPem: ca.certificatePem, serverName: 'hello.default' } };
      await engine.ensureNetwork({ name: installation, owner, subnet, labels: {} }, signal);
      await engine.ensureVolume({ name: spec.name, owner, labels: {} }, signal);
      await engine.createContainer(spec, signal);
      const passwords = { tenant: ['tenant-password'], manager };
      const files = redisFiles({
        version,
        persistence: 'aof',
        passwords,
        authorityPem: ca.certificatePem,
        certificate,
      });
      await engine.writeFiles(spec.name, serverPaths.root, files, signal);
      await engine.startContainer(spec.name, signal);
      const connects = async (within: AbortSignal) => (await connector.connect(tls, within)).close() ?? true;
      await waitUntil(connects, { describe: 'the server', deadlineMs: 20_000 }, signal);
    }, 60_000);

    afterAll(() => removeOwned(engine, installation), 60_000);

    const using = async <T>(target: RedisTarget, work: (node: RedisNode) => Promise<T>): Promise<T> => {
      const node = await connector.connect(target, signal);
      try {
        return await work(node);
      } finally {
        node.close();
      }
    };
    const notReady = (detail: RegExp) => ({
      code: 'server_not_ready',
      detail: expect.stringMatching(detail),
      cause: expect.anything(),
    });

    itShowsItsCertificate(() => ({ connector, target: tls, certificatePem, strangerPem, signal }));
    it('connects to the plain and to the TLS port', async () => {
      for (const target of [plain, tls]) await using(target, (node) => node.ping(signal));
    });

    it('verifies an address as well as a name', async () => {
      await using({ ...tls, tls: { ...tls.tls, serverName: host } }, (node) => node.ping(signal));
    });

    it('reads INFO, as a whole and by section', async () => {
      await using(tls, async (node) => {
        expect(await node.info(null, signal)).toMatchObject({ role: 'master', aof_enabled: '1', loading: '0' });
        expect((await node.info('server', signal)).redis_version).toMatch(
          new RegExp(`^${version.replace('.', '\\.')}`),
        );
      });
    });

    it('reads settings as the server runs with them, and leaves out what it does not know', async () => {
      const promised = promisedSettings({
        version,
        persistence: 'aof',
        memoryMb: 128,
        maxmemoryPolicy: 'noeviction',
        tlsOnly: false,
        tlsProtocols: ['TLSv1.2', 'TLSv1.3'],
        settings: {},
      });
      await using(tls, async (node) => {
        expect(await node.configGet([...Object.keys(promised), 'no-such-setting'], signal)).toEqual(promised);
      });
    });

    it('runs any command, as the user that it logged in as', async () => {
      await using(tls, async (node) => {
        expect(await node.command(['SET', 'key', 'a value with spaces'], signal)).toBe('OK');
        expect(await node.command(['GET', 'key'], signal)).toBe('a value with spaces');
        expect(await node.command(['GET', 'none'], signal)).toBeNull();
        expect(await node.command(['DBSIZE'], signal)).toBe(1);
        expect(await node.command(['ACL', 'WHOAMI'], signal)).toBe(serverUsers.manager);
      });
    });

    it('runs several commands as one, and returns what the server said to each', async () => {
      await using(tls, async (node) => {
        const [set, info, got, none] = await node.transaction(
          [
            ['SET', 'key', 'in a transaction'],
            ['INFO', 'replication'],
            ['GET', 'key'],
            ['GET', 'none'],
          ],
          signal,
        );
        expect([set, got, none]).toEqual(['OK', 'in a transaction', null]);
        expect(info).toMatch(/^role:master\r?$/m);
      });
    });

    it('runs nothing of a transaction in which a command is unknown, and the rest when one fails', async () => {
      await using(tls, async (node) => {
        await node.command(['SET', 'text', 'before'], signal);
        const unknown = [
          ['SET', 'text', 'canary-value'],
          ['NOSUCHCOMMAND', 'canary-argument'],
        ];
        const refused: unknown = await node.transaction(unknown, signal).catch((caught: unknown) => caught);
        expect(refused).toMatchObject(notReady(/answers "ERR unknown command/));
        expect(inspect(refused, { depth: null, showHidden: true })).not.toContain('canary-');
        expect(await node.command(['GET', 'text'], signal)).toBe('before');
        const failing = [
          ['REPLICAOF', 'nonsense', 'port'],
          ['SET', 'text', 'after'],
        ];
        await expect(node.transaction(failing, signal)).rejects.toMatchObject(notReady(/answers "ERR/));
        expect(await node.command(['GET', 'text'], signal)).toBe('after');
      });
    });

    it('says when the login is refused, without the password', async () => {
      const password = 'wrong-password-canary';
      const wrong: unknown[] = [
        { ...tls, password },
        { ...plain, password },
        { ...tls, username: 'nobody', password },
      ];
      for (const target of wrong as RedisTarget[]) {
        const error = await connector.connect(target, signal).catch((caught: unknown) => caught);
        expect(error).toMatchObject(notReady(/refuses the login/));
        expect(inspect(error, { depth: null, showHidden: true })).not.toContain(password);
      }
    });

    it('refuses a certificate of another authority and of another name', async () => {
      const other = { ...tls, tls: { ...tls.tls, caPem: strangerPem } };
      await expect(connector.connect(other, signal)).rejects.toMatchObject(
        notReady(/certificate that is not accepted/),
      );
      for (const serverName of ['other.default', '10.0.0.1']) {
        const misnamed = { ...tls, tls: { ...tls.tls, serverName } };
        await expect(connector.connect(misnamed, signal)).rejects.toMatchObject(
          notReady(/certificate that is not accepted/),
        );
      }
    });

    it('fails on a closed port, and on the port of the other kind', async () => {
      await expect(connector.connect({ ...plain, port: 1 }, signal)).rejects.toMatchObject(
        notReady(/refuses connections/),
      );
      await expect(connector.connect({ ...plain, port: serverPorts.tls }, signal)).rejects.toMatchObject({
        code: 'server_not_ready',
      });
      await expect(connector.connect({ ...tls, port: serverPorts.plain }, signal)).rejects.toMatchObject({
        code: 'server_not_ready',
      });
    });

    it('tells an error reply without the arguments of the command', async () => {
      const secret = '>super-secret-canary';
      await using(tls, async (node) => {
        for (const command of [
          ['NOSUCHCOMMAND', secret],
          ['ACL', 'SETUSER', 'u', `${secret}`, `bad${secret}`],
        ]) {
          const error = await node.command(command, signal).then(
            () => null,
            (caught: unknown) => caught,
          );
          expect(error).toMatchObject(notReady(/answers "ERR/));
          expect(inspect(error, { depth: null, showHidden: true })).not.toContain('super-secret-canary');
        }
        await node.ping(signal);
      });
    });

    it('passes the reason of a cancellation on', async () => {
      const reason = new Error('shutdown');
      await expect(connector.connect(tls, AbortSignal.abort(reason))).rejects.toBe(reason);
      await using(tls, async (node) => {
        await expect(node.ping(AbortSignal.abort(reason))).rejects.toBe(reason);
        await node.ping(signal);
      });
    });

    it('answers nothing on a connection that was closed', async () => {
      const node = await connector.connect(tls, signal);
      node.close();
      node.close();
      await expect(node.ping(signal)).rejects.toMatchObject({ code: 'server_not_ready' });
    });

    it('fails when the server goes, and connects again when it is back', async () => {
      const node = await connector.connect(tls, signal);
      await engine.stopContainer(spec.name, 10, signal);
      await expect(node.ping(signal)).rejects.toMatchObject({ code: 'server_not_ready' });
      node.close();
      await expect(connector.connect(tls, signal)).rejects.toMatchObject({ code: 'server_not_ready' });
      await engine.startContainer(spec.name, signal);
      const again = (within: AbortSignal) => connector.connect(tls, within);
      (await waitUntil(again, { describe: 'the server', deadlineMs: 20_000 }, signal)).close();
    });

    describe('within a container without a network', () => {
      const inner = redisContainer({ name: `${installation}-inner`, owner, image, network: { kind: 'none' } });
      const target = (port: number = serverPorts.plain): InsideTarget => ({
        name: 'the throw-away server',
        port,
        run: (command, within) => engine.runInside(inner.name, command, within),
      });

      beforeAll(async () => {
        await engine.ensureVolume({ name: inner.name, owner, labels: {} }, signal);
        await engine.createContainer(inner, signal);
        const { uid, gid } = serverUser;
        const content = `port ${String(serverPorts.plain)}\nsave ""\ndir ${serverPaths.data}\n`;
        const files = [
          { path: 'conf', content: null, mode: 0o750, uid: 0, gid },
          { path: 'conf/redis.conf', content, mode: 0o640, uid: 0, gid },
          { path: 'data', content: null, mode: 0o700, uid, gid },
        ];
        await engine.writeFiles(inner.name, serverPaths.root, files, signal);
        await expect(connector.connect(target(), signal)).rejects.toMatchObject({ code: 'server_not_ready' });
        await engine.startContainer(inner.name, signal);
        const connects = async (within: AbortSignal) => (await connector.connect(target(), within)).close() ?? true;
        await waitUntil(connects, { describe: 'the server', deadlineMs: 20_000 }, signal);
      }, 60_000);

      it('answers as any other server does', async () => {
        const node = await connector.connect(target(), signal);
        expect((await node.info('server', signal)).redis_version).toMatch(/^\d/);
        expect(await node.configGet(['save', 'port', 'no-such-setting'], signal)).toEqual({ save: '', port: '6379' });
        const value = 'spaces, "quotes", \\ and\nlines: ä€';
        expect(await node.command(['SET', 'key', value], signal)).toBe('OK');
        expect(await node.command(['GET', 'key'], signal)).toBe(value);
        expect(await node.command(['GET', 'none'], signal)).toBeNull();
        const replies = await node.transaction([['SET', 'other', ''], ['GET', 'other'], ['DBSIZE']], signal);
        expect(replies).toEqual(['OK', '', 2]);
        await expect(node.command(['NOSUCHCOMMAND', 'canary-argument'], signal)).rejects.toMatchObject(
          notReady(/answers "ERR unknown command/),
        );
        node.close();
        node.close();
        await expect(node.ping(signal)).rejects.toMatchObject({ code: 'server_not_ready' });
      });

      it('cannot be reached on a port that is closed, and at once when it ends', async () => {
        await expect(connector.connect(target(1), signal)).rejects.toMatchObject({ code: 'server_not_ready' });
        const node = await connector.connect(target(), signal);
        await engine.stopContainer(inner.name, 10, signal);
        await expect(node.ping(signal)).rejects.toMatchObject({ code: 'server_not_ready' });
      });
    });
  });
};
