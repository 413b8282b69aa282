import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { alerts, handshake, helloVersions, sayHello, withServer } from '../support/handshake.js';
import { Live, type LiveDatabase } from '../support/live.js';
import { asTenant, dial, doorOf } from '../support/tenant.js';

/** Who gets in, and how: passwords, certificates and protocols at the doors that a client is given. */

jest.setTimeout(30_000);

let live: Live;
let seven: LiveDatabase;
let eight: LiveDatabase;
let closed: LiveDatabase;
let authorityPem: string;

beforeAll(async () => {
  live = await Live.start();
  [seven, eight, closed, authorityPem] = await Promise.all([
    live.provision('seven', { version: '7.0-aof' }),
    live.provision('eight', { version: '8.0-aof' }),
    live.provision('closed', { tlsOnly: true }),
    live.authorityPem(),
  ]);
}, 120_000);

afterAll(() => live.close(), 60_000);

const both = (): LiveDatabase[] => [seven, eight];

describe('the issued password', () => {
  it('opens the plain and the TLS door (A2, A4)', async () => {
    for (const database of both()) {
      expect(await asTenant(database, (client) => client.set('a', '1'))).toBe('OK');
      expect(await asTenant(database, (client) => client.set('b', '2'), { authorityPem })).toBe('OK');
    }
  });

  it('leads both doors to the same data (A5)', async () => {
    for (const database of both()) {
      await asTenant(database, (client) => client.set('written plain', 'yes'));
      expect(await asTenant(database, (client) => client.get('written plain'), { authorityPem })).toBe('yes');
    }
  });

  it('has 32 characters and is different for each database', () => {
    expect(seven.password).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(new Set([seven.password, eight.password, closed.password]).size).toBe(3);
  });

  it('is needed: nothing is answered without it (A3)', async () => {
    for (const database of both()) {
      for (const options of [{}, { authorityPem }]) {
        const client = await dial(database, options);
        await expect(client.ping()).rejects.toThrow('NOAUTH');
        await expect(client.get('a')).rejects.toThrow('NOAUTH');
        client.disconnect();
      }
    }
  });

  it.each([
    ['a wrong password', { password: 'x'.repeat(32) }],
    ['no password at all', { password: '' }],
    ['an unknown user', { username: 'nobody' }],
    ['the user "default"', { username: 'default' }],
    ["Holdfast's own user", { username: 'holdfast-manager' }],
  ])('is not replaced by %s', async (_what, wrong) => {
    for (const database of both()) {
      await expect(asTenant(database, (client) => client.ping(), wrong)).rejects.toThrow('WRONGPASS');
      await expect(asTenant(database, (client) => client.ping(), { ...wrong, authorityPem })).rejects.toThrow(
        'WRONGPASS',
      );
    }
  });

  it('of another database does not work', async () => {
    const { password } = eight;
    await expect(asTenant(seven, (client) => client.ping(), { password })).rejects.toThrow('WRONGPASS');
  });
});

describe('the URLs of the credentials (A9, A10)', () => {
  it('name the exposed host and port, the plain one first, and work as they are', async () => {
    const { items } = await live.credentials(seven.id);
    expect(items.map(({ type, follows }) => `${follows} ${type}`)).toEqual([
      'database redis',
      'database redis+ssl',
      'primary redis',
      'primary redis+ssl',
    ]);
    for (const { type, follows, url } of items) {
      const { protocol, hostname, port, username, password, pathname } = new URL(url);
      const door = doorOf(seven, type, follows);
      expect({ protocol, hostname, port: Number(port) }).toEqual({
        protocol: type === 'redis' ? 'redis:' : 'rediss:',
        hostname: door.host,
        port: door.port,
      });
      expect(pathname).toBe('');
      const options = { username, password, port: door.port, ...(type === 'redis' ? {} : { authorityPem }) };
      expect(await asTenant(seven, (client) => client.ping(), options)).toBe('PONG');
    }
  });
});

describe('the certificate', () => {
  const verify = (name: string, trusted = authorityPem): Promise<string> =>
    handshake({ ...doorOf(eight, 'redis+ssl'), authorityPem: trusted, name });

  it('is signed by the authority that anybody can download', async () => {
    const response = await fetch(`${live.installation.url}/v1/ca.pem`);
    expect(await response.text()).toBe(authorityPem);
    expect(authorityPem).toMatch(/^-----BEGIN CERTIFICATE-----/);
  });

  it('carries every name that a client uses', async () => {
    for (const name of ['eight', eight.container, 'localhost', doorOf(eight, 'redis+ssl').host])
      expect(await verify(name)).toBe('TLSv1.3');
  });

  it('carries no other name', async () => {
    for (const name of ['seven', 'example.org', '127.0.0.2'])
      await expect(verify(name)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  it('is refused by a client that trusts another authority', async () => {
    const [from, until] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
    const another = await new X509CertificateAuthority().createAuthority(live.installation.name, from, until);
    await expect(verify('eight', another.certificatePem)).rejects.toThrow(/certificate/);
  });
});

describe('the protocols', () => {
  const speak = (database: LiveDatabase, protocol: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string> =>
    handshake({ ...doorOf(database, 'redis+ssl'), authorityPem, name: database.handle, protocol });

  it('accept TLS 1.2 on every version (T2)', async () => {
    for (const database of both()) expect(await speak(database, 'TLSv1.2')).toBe('TLSv1.2');
  });

  it('accept TLS 1.3 on 8.0 and refuse it on 7.0', async () => {
    expect(await speak(eight, 'TLSv1.3')).toBe('TLSv1.3');
    await expect(speak(seven, 'TLSv1.3')).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  });

  it.each([
    ['TLS 1.1 (T3)', 'TLSv1.1'],
    ['TLS 1.0 (T4)', 'TLSv1'],
  ] as const)('refuse %s, which this client can speak', async (_name, protocol) => {
    const [from, until] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)];
    const certificates = new X509CertificateAuthority();
    const authority = await certificates.createAuthority('old', from, until);
    const names = { dnsNames: ['old'], ipAddresses: [], notBefore: from, notAfter: until };
    const spoken = await withServer(protocol, await certificates.issue(authority, names), (port) =>
      handshake({ host: '127.0.0.1', port, authorityPem: authority.certificatePem, name: 'old', protocol }),
    );
    expect(spoken).toBe(protocol);
    for (const database of both())
      await expect(speak(database, protocol)).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  });

  it('refuse SSLv3, by a greeting that is answered when it says TLS 1.2 (T5)', async () => {
    for (const database of both()) {
      const { host, port } = doorOf(database, 'redis+ssl');
      expect(await sayHello(host, port, helloVersions['TLSv1.2'])).toEqual({ serverHello: true });
      expect(await sayHello(host, port, helloVersions['TLSv1.1'])).toEqual({ alert: alerts.protocolVersion });
      expect(await sayHello(host, port, helloVersions.SSLv3)).toEqual({ alert: alerts.handshakeFailure });
    }
  });
});

describe('the wrong door', () => {
  it('is closed to a plain client on the TLS port (A6)', async () => {
    for (const database of both()) {
      const attempt = asTenant(database, (client) => client.ping(), { port: doorOf(database, 'redis+ssl').port });
      await expect(attempt).rejects.toThrow();
    }
  });
});

describe('a database with TLS only', () => {
  it('has no plain door and no plain credentials', async () => {
    expect(closed.shown.tlsOnly).toBe(true);
    expect(closed.doors.map(({ type }) => type)).toEqual(['redis+ssl', 'redis+ssl']);
    const { items } = await live.credentials(closed.id);
    expect(items.map(({ type }) => type)).toEqual(['redis+ssl', 'redis+ssl']);
  });

  it('has no plain port', async () => {
    const port = await asTenant(closed, (client) => client.call('CONFIG', 'GET', 'port'), { authorityPem });
    expect(port).toEqual(['port', '0']);
  });

  it('answers over TLS', async () => {
    expect(await asTenant(closed, (client) => client.ping(), { authorityPem })).toBe('PONG');
  });

  it('keeps it so over a reload', async () => {
    await live.operate(closed, 'reload');
    expect((await live.show(closed.id)).endpoints).toEqual(closed.doors);
    const port = await asTenant(closed, (client) => client.call('CONFIG', 'GET', 'port'), { authorityPem });
    expect(port).toEqual(['port', '0']);
  });
});
