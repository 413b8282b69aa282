import { Argument } from 'commander';
import { shownUrl } from '../databases/door.js';
import { databaseAt, findDatabase } from '../databases/reference.js';
import { sizeOptions, sizesIn, type SizeOptions } from '../databases/size-options.js';
import { carryOut } from '../operations/change.js';
import { followedOptions, type FollowedOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<FollowedOptions & SizeOptions, [string, string]>({
  summary: 'Make a replica of a database and print its URL',
  operands: [
    new Argument('<source>', 'the database to follow: its handle, environment/handle or id'),
    new Argument('<handle>', 'name of the new replica'),
  ],
  options: followedOptions(
    ...sizeOptions('memory; that of the source when not given', 'disk; that of the source when not given'),
  ),
  notes:
    'Version, persistence mode, user and password are those of the source. It is ready when it holds all that the source holds. The URL is that of the replica itself, which can only be read from.',
  examples: ['holdfast db:replicate orders orders-2', 'URL=$(holdfast db:replicate staging/orders orders-2)'],
  async run(session, options, sourceName, handle) {
    const source = await findDatabase(session, sourceName, options);
    const size = sizesIn(options);
    const operation = await carryOut(session, source, { type: 'replicate', handle, ...size }, options);
    if (!operation) return;
    const database = await databaseAt(session, operation.targets[0] ?? '');
    const url = await shownUrl(session, database);
    session.terminal.print({ database, operation, url }, url === null ? [] : [url]);
  },
});
