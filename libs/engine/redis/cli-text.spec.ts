import { describe, expect, it } from '@jest/globals';
import { parseReply, quoted } from './cli-text.js';

describe('quoted', () => {
  it.each([
    ['', '""'],
    ['two words', '"two words"'],
    ['a"b\\c', '"a\\x22b\\x5cc"'],
    ['line\nä', '"line\\x0a\\xc3\\xa4"'],
  ])('writes %j as one word of a line', (argument, line) => {
    expect(quoted(argument)).toBe(line);
  });
});

describe('parseReply', () => {
  it.each<[string, unknown]>([
    ['OK', 'OK'],
    ['(nil)', null],
    ['(integer) -12', -12],
    ['(empty array)', []],
    ['"a\\"b\\\\n\\n\\x00\\xc3\\xa4"', 'a"b\\n\n\0ä'],
    ['""', ''],
  ])('reads %s', (line, value) => {
    expect(parseReply([line])).toEqual(value);
  });

  it('reads arrays in arrays, also when numbers differ in width', () => {
    const lines = [
      ' 1) 1) "1) \\"x"',
      '    2) 1) (nil)',
      '       2) (empty array)',
      ...Array.from({ length: 8 }, (_, at) => ` ${String(at + 2)}) OK`),
      '10) (integer) 5',
    ];
    expect(parseReply(lines)).toEqual([['1) "x', [null, []]], ...Array.from({ length: 8 }, () => 'OK'), 5]);
  });

  it('returns errors, alone and within arrays', () => {
    expect(parseReply(['(error) ERR no'])).toMatchObject({ name: 'ReplyError', message: 'ERR no' });
    expect(parseReply(['1) (error) WRONGTYPE x'])).toMatchObject([{ name: 'ReplyError', message: 'WRONGTYPE x' }]);
  });
});
