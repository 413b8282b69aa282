import { once } from 'node:events';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { checkServerIdentity, connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls';

export interface HandshakeOptions {
  readonly host: string;
  readonly port: number;
  readonly authorityPem: string;
  /** The name that the certificate must carry. */
  readonly name: string;
  /** The only protocol that the client offers; whatever the server prefers when missing. */
  readonly protocol?: SecureVersion;
}

const deadlineMs = 10_000;

/** Old protocols need signatures that newer security levels forbid; the client must not be the one that refuses. */
const anyCipher = 'ALL:@SECLEVEL=0';

/** Verifies chain and name; resolves to the protocol that both agreed on, and rejects with the reason of the refusal. */
export const handshake = async ({ host, port, authorityPem, name, protocol }: HandshakeOptions): Promise<string> => {
  const socket = connect({
    host,
    port,
    ca: authorityPem,
    ...(isAddress(name) ? {} : { servername: name }),
    checkServerIdentity: (_dialled, certificate) => checkServerIdentity(name, certificate),
    ...(protocol === undefined ? {} : { minVersion: protocol, maxVersion: protocol, ciphers: anyCipher }),
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(deadlineMs) });
    await requireOpen(socket);
    return socket.getProtocol() ?? '';
  } finally {
    socket.destroy();
  }
};

/** In TLS 1.3 a client believes in the handshake before the server does: only an answer proves it. */
const requireOpen = async (socket: TLSSocket): Promise<void> => {
  socket.write('PING\r\n');
  await once(socket, 'data', { signal: AbortSignal.timeout(deadlineMs) });
};

const isAddress = (name: string): boolean => /^[\d.]+$/.test(name);

/** A server of this one protocol that answers whatever it is sent, to prove that the client can speak it. */
export const withServer = async <Result>(
  protocol: SecureVersion,
  { certificatePem, privateKeyPem }: { certificatePem: string; privateKeyPem: string },
  work: (port: number) => Promise<Result>,
): Promise<Result> => {
  const server = createServer(
    { cert: certificatePem, key: privateKeyPem, minVersion: protocol, maxVersion: protocol, ciphers: anyCipher },
    (socket) => socket.on('error', () => undefined).on('data', () => socket.write('+PONG\r\n')),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await work((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
};

export type HelloAnswer = { readonly serverHello: true } | { readonly alert: number } | { readonly closed: true };

/** A version that is recognised and not supported has an alert of its own (RFC 5246); SSLv3 knows the general one only (RFC 6101). */
export const alerts = { handshakeFailure: 40, protocolVersion: 70 } as const;

export const helloVersions = { SSLv3: 0x0300, 'TLSv1.1': 0x0302, 'TLSv1.2': 0x0303 } as const;

/**
 * Sends a ClientHello that was written by hand, since no library on a present-day machine speaks SSLv3 any more,
 * and tells how the server answers. But for the version, the bytes are the same for each protocol.
 */
export const sayHello = async (host: string, port: number, version: number): Promise<HelloAnswer> => {
  const socket = connectTcp({ host, port });
  socket.write(clientHello(version));
  try {
    for await (const chunk of socket.setTimeout(deadlineMs, () => socket.destroy())) return answerOf(chunk as Buffer);
    return { closed: true };
  } finally {
    socket.destroy();
  }
};

const recordTypes = { alert: 21, handshake: 22 } as const;
const serverHello = 2;

const answerOf = (record: Buffer): HelloAnswer => {
  if (record[0] === recordTypes.handshake && record[5] === serverHello) return { serverHello: true };
  if (record[0] === recordTypes.alert) return { alert: record[6] ?? 0 };
  throw new Error(`The server answered with ${record.subarray(0, 16).toString('hex')}`);
};

const clientHello = (version: number): Buffer => {
  const body = Buffer.concat([
    uint16(version),
    Buffer.alloc(32, 7),
    Buffer.of(0),
    withLength(2, Buffer.from('c02bc02cc009c00ac013002f', 'hex')),
    withLength(1, Buffer.of(0)),
    withLength(
      2,
      Buffer.concat([
        extension(10, withLength(2, Buffer.from('0017', 'hex'))),
        extension(11, withLength(1, Buffer.of(0))),
        extension(13, withLength(2, Buffer.from('04030401', 'hex'))),
      ]),
    ),
  ]);
  const message = Buffer.concat([Buffer.of(1, 0), withLength(2, body)]);
  return Buffer.concat([Buffer.of(recordTypes.handshake), uint16(version), withLength(2, message)]);
};

const extension = (type: number, content: Buffer): Buffer => Buffer.concat([uint16(type), withLength(2, content)]);

const uint16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);

const withLength = (bytes: 1 | 2, content: Buffer): Buffer =>
  Buffer.concat([bytes === 1 ? Buffer.of(content.length) : uint16(content.length), content]);
