import { finding, type Finding } from './finding.js';
import { figuresOf, type RecordedCertificate, type Server, type ShownCertificate } from './server-state.js';

/** A server that shows one that is accepted, and not the one that is recorded: a renewal did not reach it, or somebody replaced the files. */
export const certificateFindings = (server: Server): Finding[] => {
  const { certificate: recorded } = server.recorded;
  const shown = figuresOf(server)?.certificate;
  if (!shown || recorded === null || isSame(recorded, shown)) return [];
  const whose = recorded.fingerprint256 === null ? '' : "an operator's, ";
  const told = ({ notAfter }: { readonly notAfter: Date }): string => `until ${notAfter.toISOString()}`;
  return [finding('certificate_differs', 'degraded', 'safe', `${whose}${told(recorded)}`, `one ${told(shown)}`)];
};

const isSame = (recorded: RecordedCertificate, shown: ShownCertificate): boolean =>
  recorded.fingerprint256 === null
    ? seconds(recorded.notAfter) === seconds(shown.notAfter)
    : recorded.fingerprint256 === shown.fingerprint256;

/** A certificate knows no smaller part. */
const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);
