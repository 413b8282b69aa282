import { ReplyError } from 'ioredis';

/** One argument as `redis-cli` reads it from a line: every byte that is not plain text is written as its number. */
export const quoted = (argument: string): string => {
  const text = Buffer.from(argument).toString('latin1');
  const plain = text.replace(/[^ !#-[\]-~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${plain}"`;
};

/**
 * A reply as `redis-cli --no-raw` prints it, in the shapes of RESP2; an error reply is a ReplyError. The lines hold one byte per character.
 * An array's elements are numbered, and what belongs to one is indented by the width of its number.
 */
export const parseReply = (lines: readonly string[]): unknown => {
  const [line = ''] = lines;
  if (numbered.test(line)) return elements(lines).map((element) => parseReply(element));
  if (line.startsWith('"')) return unquoted(line);
  if (line === '(nil)') return null;
  if (line.startsWith('(empty ')) return [];
  const [, kind, rest = ''] = /^\((integer|error)\) (.*)$/.exec(line) ?? [];
  if (kind === 'integer') return Number(rest);
  return kind === 'error' ? replyError(decoded(rest)) : decoded(line);
};

/** ioredis' types leave its constructor out. */
const replyError = (message: string): Error => new (ReplyError as new (message: string) => Error)(message);

const numbered = /^ *\d+\) /;

const elements = (lines: readonly string[]): string[][] => {
  const width = numbered.exec(lines[0] ?? '')?.[0].length ?? 0;
  const found: string[][] = [];
  for (const line of lines) {
    if (line.slice(0, width).trim() === '') found.at(-1)?.push(line.slice(width));
    else found.push([line.slice(width)]);
  }
  return found;
};

const unquoted = (line: string): string =>
  decoded(line.slice(1, -1).replace(/\\(x[0-9a-f]{2}|.)/g, (_, code: string) => escapes[code] ?? byte(code)));

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' };

const byte = (code: string): string => (code.length === 1 ? code : String.fromCharCode(parseInt(code.slice(1), 16)));

export const decoded = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();
