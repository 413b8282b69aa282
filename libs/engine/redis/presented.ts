import type { TLSSocket } from 'node:tls';
import type { PresentedCertificate } from '../ports/redis-node.js';

/** What the other side of a connection showed; null when it has closed. */
export const presentedOn = (socket: TLSSocket): PresentedCertificate | null => {
  const shown = socket.getPeerX509Certificate();
  if (!shown) return null;
  const { fingerprint256, serialNumber, validTo } = shown;
  return { fingerprint256, serialNumber, notAfter: new Date(validTo) };
};
