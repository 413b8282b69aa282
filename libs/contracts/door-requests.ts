import { z } from 'zod';
import { credentialTypes, doorFollows } from '#domain/database/status.js';
import { doorBounds, isIdleTimeout } from '#domain/database/door-settings.js';
import { bindAddressProblem, readBlock } from './address-blocks.js';

const blockSchema = z
  .string()
  .max(64)
  .superRefine((text, context) => {
    const read = readBlock(text);
    if ('problem' in read) context.addIssue({ code: 'custom', message: read.problem });
  });

const bindAddressSchema = z
  .string()
  .max(64)
  .superRefine((text, context) => {
    const problem = bindAddressProblem(text);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

/** Body of `PATCH /v1/databases/{id}/endpoints`. */
export const patchEndpointsSchema = z
  .strictObject({
    follows: z.enum(doorFollows).optional().describe('Only doors that follow this; all when missing.'),
    type: z.enum(credentialTypes).optional().describe('Only doors of this type; all when missing.'),
    allow: z
      .array(blockSchema)
      .max(doorBounds.allowEntries)
      .optional()
      .describe('CIDR blocks or addresses that may connect, IPv4 and IPv6; an empty list lets everybody in.'),
    connectionLimit: z
      .int()
      .min(1)
      .max(doorBounds.connectionLimit)
      .nullable()
      .optional()
      .describe('Connections at one time through each of these doors; null for no limit.'),
    idleTimeoutSeconds: z
      .int()
      .min(1)
      .max(doorBounds.idleTimeoutSeconds)
      .refine(isIdleTimeout, 'must be whole seconds up to 120, or whole minutes (in seconds) up to 86400')
      .nullable()
      .optional()
      .describe(
        'Silent connections are closed after this: 1 to 120, or a multiple of 60 up to 86400; null for one hour.',
      ),
    bindAddress: bindAddressSchema
      .nullable()
      .optional()
      .describe('Only connections to this address of the host; null for every address that the edge listens on.'),
  })
  .refine(
    ({ follows: _follows, type: _type, ...settings }) => Object.values(settings).some((value) => value !== undefined),
    'must name at least one setting',
  );
export type PatchEndpoints = z.output<typeof patchEndpointsSchema>;
