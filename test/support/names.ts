import { randomBytes, randomInt } from 'node:crypto';

/** A name that no other test run uses. */
export const uniqueName = (prefix: string): string => `${prefix}-${randomBytes(4).toString('hex')}`;

/** A /24 that neither Docker's own pools nor Holdfast's default pool (10.224.0.0/12) nor, most likely, another test uses. */
export const uniqueSubnet = (): string => `10.${String(randomInt(128, 200))}.${String(randomInt(256))}.0/24`;

/** The address with this last byte in a /24. */
export const addressIn = (subnet: string, last: number): string => subnet.replace(/0\/24$/, String(last));
