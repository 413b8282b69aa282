import { z } from 'zod';
import { findingCodes, repairabilities, severities } from '#domain/drift/finding.js';

export const findingSchema = z
  .strictObject({
    code: z.enum(findingCodes),
    severity: z.enum(severities),
    repair: z
      .enum(repairabilities)
      .describe('Whether db:repair puts it right, somebody has to decide, or nothing is to be done.'),
    recorded: z.string(),
    found: z.string(),
  })
  .meta({ id: 'Finding', description: 'One thing that a server is found to be beside what is recorded of it.' });
