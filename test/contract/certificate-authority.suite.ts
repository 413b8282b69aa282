import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type ConnectionOptions } from 'node:tls';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { CertificateAuthority, KeyPair } from '#engine/ports/certificate-authority.js';

const notBefore = new Date('2026-01-01T00:00:00Z');
const notAfter = new Date('2036-01-01T00:00:00Z');
const request = {
  dnsNames: ['hello.default.holdfast', 'localhost'],
  ipAddresses: ['127.0.0.1', '10.224.0.2', '::1'],
  notBefore,
  notAfter: new Date('2035-01-01T00:00:00Z'),
};
/** What every CertificateAuthority does. */
export const describeCertificateAuthority = (title: string, subject: CertificateAuthority): void => {
  describe(`CertificateAuthority: ${title}`, () => {
    let authority: KeyPair;
    let server: KeyPair;
    beforeAll(async () => {
      authority = await subject.createAuthority('Holdfast, "hf" + co = 1', notBefore, notAfter);
      server = await subject.issue(authority, request);
    });

    describe('createAuthority', () => {
      it('makes a self-signed authority that may sign certificates', () => {
        const certificate = new X509Certificate(authority.certificatePem);
        expect(certificate.ca).toBe(true);
        expect(certificate.verify(certificate.publicKey)).toBe(true);
        expect(certificate.checkPrivateKey(createPrivateKey(authority.privateKeyPem))).toBe(true);
        expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
        expect(new Date(certificate.validFrom)).toEqual(notBefore);
        expect(new Date(certificate.validTo)).toEqual(notAfter);
      });
    });

    describe('issue', () => {
      it('makes a certificate of the authority for the names and addresses, for servers and clients', () => {
        const certificate = new X509Certificate(server.certificatePem);
        expect(certificate.ca).toBe(false);
        expect(certificate.verify(new X509Certificate(authority.certificatePem).publicKey)).toBe(true);
        expect(certificate.checkIssued(new X509Certificate(authority.certificatePem))).toBe(true);
        expect(certificate.checkPrivateKey(createPrivateKey(server.privateKeyPem))).toBe(true);
        expect(certificate.subject).toBe('CN=hello.default.holdfast');
        expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
        for (const name of request.dnsNames) expect(certificate.checkHost(name)).toBe(name);
        for (const address of request.ipAddresses) expect(certificate.checkIP(address)).toBeDefined();
        expect(certificate.checkHost('other.default.holdfast')).toBeUndefined();
        expect(certificate.checkIP('10.224.0.3')).toBeUndefined();
      });

      it('never uses a serial number twice', async () => {
        const pairs = await Promise.all(Array.from({ length: 20 }, () => subject.issue(authority, request)));
        const serials = pairs.map((pair) => new X509Certificate(pair.certificatePem).serialNumber);
        expect(new Set(serials).size).toBe(20);
        for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
      });

      it('satisfies OpenSSL, strictly and for both purposes', () => {
        const folder = mkdtempSync(join(tmpdir(), 'holdfast-ca-'));
        try {
          writeFileSync(join(folder, 'ca.crt'), authority.certificatePem);
          writeFileSync(join(folder, 'server.crt'), server.certificatePem);
          for (const purpose of ['sslserver', 'sslclient']) {
            const args = ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', 'ca.crt', 'server.crt'];
            expect(execFileSync('openssl', args, { cwd: folder, encoding: 'utf8' })).toBe('server.crt: OK\n');
          }
        } finally {
          rmSync(folder, { recursive: true });
        }
      });
    });

    describe('a TLS server with an issued certificate', () => {
      const shakeHands = async (options: ConnectionOptions): Promise<boolean> => {
        const listener = createServer({ cert: server.certificatePem, key: server.privateKeyPem }, (socket) =>
          socket.end(),
        );
        listener.on('tlsClientError', () => undefined);
        await once(listener.listen(0, '127.0.0.1'), 'listening');
        const socket = connect({ host: '127.0.0.1', port: (listener.address() as AddressInfo).port, ...options });
        try {
          await once(socket, 'secureConnect');
          return socket.authorized;
        } finally {
          socket.destroy();
          listener.close();
        }
      };

      it('is accepted by name and by address', async () => {
        expect(await shakeHands({ ca: authority.certificatePem, servername: 'hello.default.holdfast' })).toBe(true);
        expect(await shakeHands({ ca: authority.certificatePem })).toBe(true);
      });

      it('is refused by another name and under another authority', async () => {
        await expect(shakeHands({ ca: authority.certificatePem, servername: 'other.holdfast' })).rejects.toMatchObject({
          code: 'ERR_TLS_CERT_ALTNAME_INVALID',
        });
        const other = await subject.createAuthority('Other', notBefore, notAfter);
        await expect(shakeHands({ ca: other.certificatePem, servername: 'localhost' })).rejects.toThrow();
      });
    });
  });
};
