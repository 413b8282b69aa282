import { Option } from 'commander';
import { given } from '../api/given.js';
import { wholeNumber } from '../options.js';

export interface SizeOptions {
  readonly containerSize?: number;
  readonly diskSize?: number;
}

/** With what is said of the one and of the other. */
export const sizeOptions = (memory: string, disk: string): Option[] => [
  new Option('--container-size <MB>', memory).argParser(wholeNumber),
  new Option('--disk-size <GB>', disk).argParser(wholeNumber),
];

/** As the API calls them. */
export const sizesIn = ({ containerSize, diskSize }: SizeOptions) =>
  given({ memoryMb: containerSize, diskGb: diskSize });
