import ipaddr from 'ipaddr.js';
import { z } from 'zod';

type Read = { readonly block: string } | { readonly problem: string };

const isAddress = (text: string): boolean => z.ipv4().safeParse(text).success || z.ipv6().safeParse(text).success;
const isBlock = (text: string): boolean => z.cidrv4().safeParse(text).success || z.cidrv6().safeParse(text).success;

/** A CIDR block, or an address that stands for itself alone, in the one form in which it is recorded; or what is wrong with it. */
export const readBlock = (text: string): Read => {
  if (!isAddress(text) && !isBlock(text)) {
    return { problem: `"${text}" is neither an address nor a CIDR block such as 192.0.2.0/24 or 2001:db8::/32` };
  }
  const [host, given] = text.split('/');
  const address = ipaddr.parse(host ?? '');
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) {
    return {
      problem: `"${text}" is an IPv4 address in the form of IPv6; write it as ${address.toIPv4Address().toString()}`,
    };
  }
  const bytes = address.toByteArray();
  const length = given === undefined ? bytes.length * 8 : Number(given);
  const block = `${ipaddr.fromByteArray(bytes.map((byte, index) => byte & maskOf(length - index * 8))).toString()}/${String(length)}`;
  if (block !== `${address.toString()}/${String(length)}`) {
    return { problem: `"${text}" has bits set after its first ${String(length)}; the block is ${block}` };
  }
  return { block };
};

/** Of one byte, when so many bits of it and of what follows count. */
const maskOf = (bits: number): number => (0xff << (8 - Math.min(8, Math.max(0, bits)))) & 0xff;

/** Errors: what readBlock finds wrong, which a request's schema has refused before. */
export const canonicalBlock = (text: string): string => {
  const read = readBlock(text);
  if ('problem' in read) throw new TypeError(read.problem);
  return read.block;
};

/** What is wrong with an address of the host as one that a door is bound to; null when nothing is. */
export const bindAddressProblem = (text: string): string | null => {
  if (!isAddress(text)) return `"${text}" is not an IP address`;
  const address = ipaddr.parse(text);
  if (address.range() === 'unspecified') return `"${text}" stands for every address; give null for that`;
  return 'problem' in readBlock(text) ? `"${text}" is an IPv4 address in the form of IPv6` : null;
};

export const canonicalAddress = (text: string): string => ipaddr.parse(text).toString();
