import { describe, expect, it } from '@jest/globals';
import { joinFrames } from './logs.js';

const frame = (stream: 1 | 2, text: string): Buffer => {
  const content = Buffer.from(text);
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
};

describe('joinFrames', () => {
  it('joins both streams in order, also a character that two frames share', () => {
    const [first, second] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)];
    const split = [first, second].map((part) => Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, part.length]), part]));
    expect(joinFrames(Buffer.concat([frame(1, 'one\n'), frame(2, 'two\n'), ...split]))).toBe('one\ntwo\né');
  });

  it('survives an empty and a cut log', () => {
    expect(joinFrames(Buffer.alloc(0))).toBe('');
    expect(joinFrames(frame(1, 'hello').subarray(0, 10))).toBe('he');
    expect(joinFrames(frame(1, 'hello').subarray(0, 5))).toBe('');
  });
});
