import type { ReadableStream } from 'node:stream/web';
import { Option } from 'commander';
import { answer } from '../api/client.js';
import { announcedBy, checked, refuseTaken, writeWhole } from '../backups/rdb-file.js';
import { backupOperand } from '../options.js';
import { renderBytes } from '../text/bytes.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<{ readonly file?: string; readonly force?: boolean }, [string]>({
  summary: 'Write the data of a backup as a plain RDB file, in clear',
  operands: [backupOperand()],
  options: [
    new Option('--file <path>', 'where to; - is the standard output; <handle>-<moment>.rdb here when not given'),
    new Option('--force', 'replace a file that is there already'),
  ],
  notes: `The file gets its name only when it is whole and every byte was checked, and only you can read it. On the standard output
a backup that breaks off has been written in part: the exit code tells. Any Redis that is no older loads the file. It needs the permission "sensitive".`,
  examples: [
    'holdfast backup:export 0199d3a0-0000-7000-8000-000000000000',
    'holdfast backup:export 0199d3a0-0000-7000-8000-000000000000 --file - > dump.rdb',
  ],
  async run({ patientApi, terminal }, { file, force = false }, id) {
    if (file !== undefined && file !== '-') await refuseTaken(file, force);
    const asked = await patientApi.GET('/v1/backups/{id}/rdb', { params: { path: { id } }, parseAs: 'stream' });
    const stream = (await answer(Promise.resolve(asked))) as unknown as ReadableStream<Uint8Array>;
    const announced = announcedBy(asked.response.headers, `${id}.rdb`);
    const path = file ?? announced.fileName;
    if (file === undefined) await refuseTaken(path, force).catch(unread(stream));
    // As it is: a Readable that breaks off before anybody reads it ends the process.
    const body = checked(stream, announced);
    if (file === '-') {
      for await (const chunk of body) await terminal.write(chunk);
      return;
    }
    await writeWhole(path, body);
    const { sizeBytes } = announced;
    terminal.print({ file: path, bytes: sizeBytes }, [`Wrote ${path}, ${renderBytes(sizeBytes)}`]);
  },
});

/** Nobody wants the rest of the answer any more. */
const unread =
  (stream: ReadableStream<Uint8Array>) =>
  async (error: unknown): Promise<never> => {
    await stream.cancel();
    throw error;
  };
