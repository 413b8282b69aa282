import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  checkServerIdentity,
  type ConnectionOptions,
  type DetailedPeerCertificate,
  type PeerCertificate,
} from 'node:tls';
import type { ServerTrust } from '../ports/redis-node.js';

/** The chain and the name are verified, unless `verify` is false: nobody says that of a server of ours. */
export const tlsOptions = ({
  verify = true,
  ...trust
}: ServerTrust & { readonly verify?: boolean }): ConnectionOptions => ({
  ca: trust.pinned === undefined ? trust.caPem : [trust.caPem, trust.pinned.caPem],
  rejectUnauthorized: verify,
  // The name to be verified is the one that was asked for, which need not be the one that was dialled.
  checkServerIdentity: (_dialled, certificate) => identityError(trust, certificate),
  // TLS knows no server names that are addresses.
  ...(isIP(trust.serverName) === 0 ? { servername: trust.serverName } : {}),
});

/** The chain holds. A pinned certificate is known by itself; an authority that was trusted for those alone speaks for no name. */
const identityError = ({ caPem, serverName, pinned }: ServerTrust, certificate: PeerCertificate): Error | undefined => {
  if (pinned === undefined) return checkServerIdentity(serverName, certificate);
  if (pinned.fingerprints256.includes(certificate.fingerprint256)) return undefined;
  const { issuerCertificate } = certificate as DetailedPeerCertificate;
  if (issuerCertificate?.fingerprint256 === new X509Certificate(caPem).fingerprint256) {
    return checkServerIdentity(serverName, certificate);
  }
  return Object.assign(new Error('The certificate is neither pinned nor of our authority'), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
};
