import { ServerReply } from '../ports/server-reply.js';
import type { ServerLink } from './server-link.js';

/** A server that sends a data set shows life at least every 10 s (repl-ping-replica-period). */
export const silenceMs = 60_000;
const markBytes = 40;

type Link = Pick<ServerLink, 'bytes' | 'failure' | 'close'>;

/**
 * The body that follows its head: `$<length>` for a server that has the file already, `$EOF:<mark>` for one that sends it while it makes
 * it; then the mark, 40 random bytes, follows the last byte.
 */
export const datasetBody = (head: string, link: Link): AsyncGenerator<Buffer> => {
  const mark = /^\$EOF:(.{40})$/.exec(head)?.[1];
  if (mark !== undefined) return untilMark(link, Buffer.from(mark, 'latin1'));
  const length = /^\$(\d{1,15})$/.exec(head)?.[1];
  if (length !== undefined) return untilLength(link, Number(length));
  throw link.failure(new ServerReply(head.slice(0, 100)));
};

async function* untilLength(link: Link, length: number): AsyncGenerator<Buffer> {
  try {
    for (let missing = length; missing > 0;) {
      const chunk = await link.bytes(silenceMs);
      yield chunk.subarray(0, missing);
      missing -= chunk.length;
    }
  } finally {
    link.close();
  }
}

/** Holds back what may be the beginning of the mark; so each byte is looked at once, and once more at a seam. */
async function* untilMark(link: Link, mark: Buffer): AsyncGenerator<Buffer> {
  try {
    for (let held: Buffer = Buffer.alloc(0); ;) {
      const chunk = await link.bytes(silenceMs);
      const seam = Buffer.concat([held, chunk.subarray(0, markBytes)]);
      const inSeam = seam.indexOf(mark);
      if (inSeam >= 0) {
        if (inSeam > 0) yield seam.subarray(0, inSeam);
        return;
      }
      const inChunk = chunk.indexOf(mark);
      const end = inChunk >= 0 ? inChunk : chunk.length - markBytes + 1;
      if (end <= 0) {
        // A chunk shorter than the mark: the seam has all that there is.
        if (seam.length >= markBytes) yield seam.subarray(0, seam.length - markBytes + 1);
        held = Buffer.from(seam.subarray(Math.max(0, seam.length - markBytes + 1)));
        continue;
      }
      if (held.length > 0) yield held;
      yield chunk.subarray(0, end);
      if (inChunk >= 0) return;
      held = Buffer.from(chunk.subarray(end));
    }
  } finally {
    link.close();
  }
}
