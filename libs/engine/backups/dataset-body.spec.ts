import { describe, expect, it } from '@jest/globals';
import { datasetBody } from './dataset-body.js';

const mark = 'abcdefghij'.repeat(3) + '0123456789';

/** Sends these bytes in pieces of that size, then breaks, as a link does on which nothing more comes. */
const linkOf = (sent: string, size: number) => {
  let at = 0;
  const link = {
    closed: false,
    bytes: () => {
      if (at >= sent.length) return Promise.reject(link.failure('cut'));
      at += size;
      return Promise.resolve(Buffer.from(sent.slice(at - size, at)));
    },
    failure: (cause: unknown) => new Error('broken', { cause }),
    close: () => {
      link.closed = true;
    },
  };
  return link;
};

const received = async (head: string, link: ReturnType<typeof linkOf>): Promise<string> => {
  let text = '';
  for await (const part of datasetBody(head, link)) text += part.toString();
  return text;
};

const sizes = [1, 7, 39, 40, 41, 64, 79, 80, 81, 1000];

describe('a data set that ends with a mark', () => {
  // What looks like the beginning of the mark is none, wherever it lies.
  const bodies = ['', 'x', mark.slice(0, 39), mark.slice(0, 20) + mark.slice(0, 39), 'abc'.repeat(50)];

  it.each(sizes)('is whole in pieces of %i bytes', async (size) => {
    for (const body of bodies) {
      for (const rest of ['', '\n', mark]) {
        const link = linkOf(body + mark + rest, size);
        expect(await received(`$EOF:${mark}`, link)).toBe(body);
        expect(link.closed).toBe(true);
      }
    }
  });

  it.each(sizes)('is not whole without all of it, in pieces of %i bytes', async (size) => {
    for (const body of bodies) {
      const link = linkOf(body + mark.slice(0, 39), size);
      await expect(received(`$EOF:${mark}`, link)).rejects.toThrow('broken');
      expect(link.closed).toBe(true);
    }
  });
});

describe('a data set of a known length', () => {
  it.each(sizes)('is whole in pieces of %i bytes, and not without the last byte', async (size) => {
    const body = 'abc'.repeat(50);
    expect(await received('$150', linkOf(`${body}*1\r\n`, size))).toBe(body);
    expect(await received('$0', linkOf('', size))).toBe('');
    await expect(received('$150', linkOf(body.slice(1), size))).rejects.toThrow('broken');
  });
});

it('is nothing that has another head', () => {
  for (const head of ['-ERR no', '$', '$-1', '$EOF:short', '+OK']) {
    expect(() => datasetBody(head, linkOf('', 1))).toThrow('broken');
  }
});
