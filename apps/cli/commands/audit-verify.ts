import { counted } from '#domain/text/counted.js';
import { answer } from '../api/client.js';
import { exitCodes } from '../failure/exit-codes.js';
import { table } from '../text/columns.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb({
  summary: 'Check the whole history; fails when an entry was edited, deleted, reordered or cut off',
  examples: ['holdfast audit:verify'],
  async run({ patientApi, terminal }) {
    const result = await answer(patientApi.GET('/v1/audit/verify'));
    const rows = result.problems.map(({ seq, problem, detail }) => [String(seq), problem, detail]);
    const verdict = result.ok ? 'The history is whole' : 'The history is NOT whole';
    terminal.print(result, [
      `${verdict}: ${counted(result.entries, 'entry', 'entries')}, ${counted(result.checkpoints, 'checkpoint')}.`,
      ...table(['seq', 'problem', 'detail'], rows),
    ]);
    return result.ok ? exitCodes.done : exitCodes.failed;
  },
});
