import { HoldfastError } from '#domain/errors/holdfast-error.js';
import { given } from '../api/given.js';
import { findDatabase } from '../databases/reference.js';
import { sizeOptions, sizesIn, type SizeOptions } from '../databases/size-options.js';
import { changeDatabase } from '../operations/change.js';
import { databaseOperand, followedOptions, type FollowedOptions } from '../options.js';
import { defineVerb } from '../verb.js';

export const verb = defineVerb<FollowedOptions & SizeOptions, [string]>({
  summary: 'Give a running database more or less memory, or another disk size',
  operands: [databaseOperand()],
  options: followedOptions(...sizeOptions('memory', 'disk; advisory: recorded and watched, not enforced')),
  notes:
    'Nothing is restarted, no connection is lost, and a memory-only database keeps its data. Less memory is refused when the data do not fit. A replica grows before its source and shrinks after it.',
  examples: ['holdfast db:resize orders --container-size 2048', 'holdfast db:resize orders --disk-size 20'],
  async run(session, options, handle) {
    const size = sizesIn(options);
    if (Object.keys(size).length === 0) {
      throw new HoldfastError('wrong_usage', 'Give --container-size, --disk-size or both.');
    }
    const database = await findDatabase(session, handle, options);
    if (size.diskGb !== undefined)
      session.terminal.note('The size of the disk is advisory: it is recorded and not enforced.');
    await changeDatabase(session, database, { type: 'resize', ...size }, { ...given({ detach: options.detach }) });
  },
});
