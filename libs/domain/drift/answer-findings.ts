import { finding, type Finding } from './finding.js';
import type { Server } from './server-state.js';

/** A server that cannot be asked. One that is not running says so by its container; silent is only who was asked twice in a look. */
export const answerFindings = ({ recorded, observed: { answer, container } }: Server): Finding[] => {
  switch (answer.kind) {
    case 'answers':
    case 'not-asked':
      return [];
    case 'silent':
      // A fenced server need not run, and without the engine nobody knows whether it does.
      if (container === 'unknown' && recorded.role === 'fenced') return [];
      return [finding('server_silent', 'down', 'none', 'a server that answers', 'no answer to two questions')];
    case 'busy':
      return [finding('server_busy', 'degraded', 'none', 'a server that answers', answer.code)];
    case 'untrusted':
      return [finding('certificate_refused', 'down', 'manual', 'a certificate that is accepted', answer.code)];
    case 'refused':
      return [finding('manager_refused', 'degraded', 'safe', 'the password of the manager', answer.code)];
  }
};
