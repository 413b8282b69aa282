/** Each text as a sentence, with one full stop behind it whether it had one or not, and a space between two; what is empty says nothing. */
export const sentences = (...texts: readonly string[]): string =>
  texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(ended)
    .join(' ');

/** A question keeps its mark, and a quotation the stop that is in it. */
const ended = (text: string): string => (/[.!?…]["”')]?$/.test(text) ? text : `${text}.`);
