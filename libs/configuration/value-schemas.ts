import { isIP, isIPv4 } from 'node:net';
import { isAbsolute } from 'node:path';
import { z } from 'zod';

/** The first and the last port, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export const integer = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${minimum} to ${maximum}`)
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, `must be a whole number from ${minimum} to ${maximum}`);

export const positiveNumber = (maximum: number) =>
  z
    .string()
    .regex(/^\d{1,6}(\.\d{1,3})?$/, `must be a number above 0 and at most ${maximum}`)
    .transform(Number)
    .refine((value) => value > 0 && value <= maximum, `must be a number above 0 and at most ${maximum}`);

export const absolutePath = () => z.string().refine(isAbsolute, 'must be an absolute path');

export const ipAddress = () => z.string().refine((value) => isIP(value) !== 0, 'must be an IP address');

export const hostName = () => z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, 'must be a host name or an IP address');

export const url = (...protocols: readonly string[]) =>
  z
    .string()
    // A URL may carry a password, so the message never repeats the value.
    .refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
      message: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    });

const parseRange = (value: string): PortRange | null => {
  const match = /^(\d{4,5})-(\d{4,5})$/.exec(value);
  const range = { first: Number(match?.[1]), last: Number(match?.[2]) };
  return match && range.first >= 1024 && range.first <= range.last && range.last <= 65_535 ? range : null;
};

export const portRange = () =>
  z
    .string()
    .refine((value) => parseRange(value) !== null, 'must be two ports from 1024 to 65535, for example 20000-23999')
    .transform((value) => parseRange(value) as PortRange);

const isNetwork = (value: string): boolean => {
  const [address = '', prefix = ''] = value.split('/');
  if (!isIPv4(address) || !/^\d{1,2}$/.test(prefix)) return false;
  const bits = Number(prefix);
  const base = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return bits >= 8 && bits <= 22 && base % 2 ** (32 - bits) === 0;
};

export const networkPool = () =>
  z
    .string()
    .refine(isNetwork, 'must be an IPv4 network of /8 to /22 given by its first address, for example 10.224.0.0/12');
