/** As a word of a POSIX shell's command line. Quotes only what the shell would take apart, so that the line stays short. */
export const shellQuoted = (word: string): string =>
  /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
