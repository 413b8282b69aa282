import { answer } from '../api/client.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb({
  summary: 'Print the certificates that the TLS doors of all databases are checked with',
  examples: ['holdfast ca > holdfast-ca.pem'],
  async run({ api, terminal }) {
    const pem = await answer(api.GET('/v1/ca.pem', { parseAs: 'text' }));
    terminal.print({ pem }, [pem.trimEnd()]);
  },
});
