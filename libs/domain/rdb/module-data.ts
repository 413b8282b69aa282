import type { ByteReader } from './byte-reader.js';
import { corrupt, readLength, skipString } from './encoding.js';

const float = 3;
const double = 4;
const text = 5;

/** What a module keeps beside the keys: its id and the moment of loading, then values that say what they are, until a zero. */
export const skipModuleData = (reader: ByteReader): void => {
  readLength(reader);
  for (let kind = readLength(reader); kind !== 0; kind = readLength(reader)) {
    if (kind === 1 || kind === 2) readLength(reader);
    else if (kind === float) reader.skip(4);
    else if (kind === double) reader.skip(8);
    else if (kind === text) skipString(reader);
    else throw corrupt(reader, 'an unknown kind of module data');
  }
};
