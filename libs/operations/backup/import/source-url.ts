import { HoldfastError } from '#domain/errors/holdfast-error.js';
import type { ForeignServer } from '#engine/ports/foreign-server.js';

/** What was said of a source: a secret, since its URL holds a password. */
export interface SourceWish {
  readonly sourceUrl: string;
  readonly tlsCaPem?: string | undefined;
  readonly insecure?: boolean | undefined;
}

const defaultPort = 6379;

/** Errors: `invalid_request`, which repeats nothing of the URL. */
export const parseSource = ({ sourceUrl, tlsCaPem, insecure = false }: SourceWish): ForeignServer => {
  const url = URL.canParse(sourceUrl) ? new URL(sourceUrl) : null;
  if (!url || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw invalid('sourceUrl', 'must be redis://[user:password@]host[:port] or rediss://…');
  }
  const tls = url.protocol === 'rediss:';
  if (!tls && (insecure || tlsCaPem !== undefined))
    throw invalid('sourceUrl', 'has no TLS to be verified: use rediss://');
  if (insecure && tlsCaPem !== undefined)
    throw invalid('insecure', 'and an authority to verify with exclude each other');
  // All logical databases are taken; a path would be misread as a choice.
  if (!/^\/?0?$/.test(url.pathname)) throw invalid('sourceUrl', 'must name no database: all of them are imported');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    host,
    port: url.port === '' ? defaultPort : Number(url.port),
    username: decoded(url.username),
    password: decoded(url.password),
    tls: tls ? { caPem: tlsCaPem ?? null, serverName: host, verify: !insecure } : null,
  };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('sourceUrl', 'must have its user and password percent-encoded');
  }
};

const invalid = (path: string, message: string): HoldfastError =>
  new HoldfastError('invalid_request', `The request has problems with: ${path}.`, { problems: [{ path, message }] });

/** What may be known of it: where, and how it is trusted. Neither user nor password. */
export const describeSource = ({ host, port, tls }: ForeignServer) => ({
  host,
  port,
  tls: tls === null ? 'none' : tls.verify ? 'verified' : 'insecure',
});

export const sourceContext = (operationId: string): string => `import-source:${operationId}`;
