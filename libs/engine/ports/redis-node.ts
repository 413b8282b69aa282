import type { Duplex } from 'node:stream';

/** Where and as whom to reach a Redis server. */
export interface RedisTarget {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Null for the plain port. With TLS the chain and `serverName` are always verified. */
  readonly tls: ServerTrust | null;
}

/** What a server has to show. */
export interface ServerTrust {
  /** Who has to have signed it, for `serverName`. */
  readonly caPem: string;
  readonly serverName: string;
  /** Certificates that it may show in place of such a one. */
  readonly pinned?: PinnedCertificates;
}

/** Known one by one, whatever names they have. Who signed them is verified as well, up to the root. */
export interface PinnedCertificates {
  readonly caPem: string;
  /** SHA-256, as `X509Certificate.fingerprint256`. */
  readonly fingerprints256: readonly string[];
}

/** A server that has no address, no users and no TLS: a throw-away one, in a container without a network. Its image has `redis-cli`. */
export interface InsideTarget {
  /** What it is called in errors. */
  readonly name: string;
  /** Its plain port, on the container's loopback. */
  readonly port: number;
  /** ContainerEngine.runInside in its container. Its HoldfastErrors are the connector's. */
  readonly run: (command: readonly string[], signal: AbortSignal) => Promise<Duplex>;
  /** Of one command, where the connector's own deadline is too short. */
  readonly commandMs?: number;
}

/**
 * One connection to one server. Errors are HoldfastErrors: `server_not_ready` for every failure to connect,
 * to log in or to answer in time; its `detail` says which, its `cause` is the client's error (or as in server-reply.ts).
 */
export interface RedisNode {
  /** Resolves when the server answers and has its data; one that refuses writes because it cannot save them does too. */
  ping(signal: AbortSignal): Promise<void>;
  /** Parsed `INFO`: field → value, all sections, or the one asked for. */
  info(section: string | null, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** `CONFIG GET` of the named settings: name → value. A name that the server does not know is missing. */
  configGet(names: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** Any other command, for what has no method of its own yet. */
  command(args: readonly string[], signal: AbortSignal): Promise<unknown>;
  /**
   * MULTI, the commands and EXEC, all in one write: either none of them is carried out or all, with nothing of others between them.
   * Returns the replies as the server sent them, in order (`INFO` is its text). Errors: `server_not_ready` for an error reply to any of
   * them. A command that the server refuses to queue cancels all; one that fails when it is its turn does not undo the others.
   */
  transaction(commands: readonly (readonly string[])[], signal: AbortSignal): Promise<readonly unknown[]>;
  /** The certificate that the server showed when the connection was made; null where there is no TLS. */
  presented(): PresentedCertificate | null;
  close(): void;
}

/** What a server shows of itself in a TLS handshake. */
export interface PresentedCertificate {
  /** SHA-256, as `X509Certificate.fingerprint256`. */
  readonly fingerprint256: string;
  readonly serialNumber: string;
  readonly notAfter: Date;
}

export interface RedisConnector {
  /** Connects once, logs in, and verifies the certificate; inside a container there is neither. */
  connect(target: RedisTarget | InsideTarget, signal: AbortSignal): Promise<RedisNode>;
  /** The certificate of a TLS port, verified, without a login. Errors: `server_not_ready`. */
  presentedCertificate(
    target: Pick<RedisTarget, 'host' | 'port'> & { readonly tls: NonNullable<RedisTarget['tls']> },
    signal: AbortSignal,
  ): Promise<PresentedCertificate>;
}
