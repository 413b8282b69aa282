const escape = '\u001B[';

const painted =
  (code: number) =>
  (text: string): string =>
    `${escape}${code}m${text}${escape}39m`;

/** What has been proved, and nothing else. The terminal takes colours off again where they cannot be seen. */
export const green = painted(32);
export const red = painted(31);
