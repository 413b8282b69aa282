import { duplexPair } from 'node:stream';
import { connect, createSecureContext, TLSSocket, type SecureVersion } from 'node:tls';
import { types } from 'node:util';
import { partsOfChain } from '#domain/certificates/pem.js';
import { HoldfastError } from '#domain/errors/holdfast-error.js';

/** What servers and clients of today ask of keys and signatures: 112 bits, and no SHA-1. */
const ciphers = 'DEFAULT@SECLEVEL=2';

/**
 * A server that shows the chain and a client that believes its root find together, within this process: whatever OpenSSL has against a
 * chain (purposes, path lengths, constraints, weak signatures) is found as a client would find it. Errors: `certificate_unsuitable`.
 */
export const proveChain = async (chainPem: string, privateKeyPem: string): Promise<void> => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const reason = await handshake(version, chainPem, privateKeyPem);
    if (reason === null) continue;
    throw new HoldfastError('certificate_unsuitable', `A client of ${version} does not accept the chain: ${reason}.`);
  }
};

/** Null, or why it failed. */
const handshake = async (version: SecureVersion, chainPem: string, privateKeyPem: string): Promise<string | null> => {
  const { shownPem, authorities } = partsOfChain(chainPem);
  const [near, far] = duplexPair();
  const protocol = { minVersion: version, maxVersion: version, ciphers };
  const sockets: TLSSocket[] = [];
  try {
    const secureContext = createSecureContext({ cert: shownPem, key: privateKeyPem, ...protocol });
    return await new Promise<string | null>((resolve) => {
      const fail = (error: unknown): void => resolve(reasonOf(error));
      const server = new TLSSocket(far, { isServer: true, secureContext });
      // Names are another question.
      const client = connect({ socket: near, ca: [...authorities], ...protocol, checkServerIdentity: () => undefined });
      sockets.push(server, client);
      server.on('error', fail);
      client.on('error', fail).once('secureConnect', () => resolve(null));
    });
  } catch (error) {
    return reasonOf(error);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
};

const reasonOf = (error: unknown): string =>
  types.isNativeError(error) && 'code' in error ? String(error.code) : 'the handshake failed';
