import { z } from 'zod';
import { findingSchema } from './findings.js';
import { timestamp } from './values.js';

const serverFigures = z
  .strictObject({
    role: z.enum(['primary', 'replica']),
    sourceAddress: z.string().nullable().describe('Of a replica: the address that it follows.'),
    link: z.enum(['up', 'copying', 'down']).nullable().describe('Null of a primary.'),
    lagBytes: z.int().nullable().describe('Bytes of the replication stream that its source has and it has not.'),
    lagSeconds: z.int().nullable().describe('Since it last heard from its source.'),
    offset: z.int().describe('Where it stands in the replication stream, in bytes.'),
    followers: z.int().describe('That are connected.'),
    memoryBytes: z.int(),
    maxMemoryBytes: z.int(),
    clients: z.int(),
    keys: z.int(),
    uptimeSeconds: z.int(),
    persistence: z.strictObject({
      saving: z.boolean(),
      lastSaveSucceeded: z.boolean().nullable(),
      lastSaveAt: timestamp.nullable(),
      changesSinceSave: z.int(),
      lastAppendSucceeded: z.boolean().nullable().describe('Null without an append-only file.'),
    }),
  })
  .meta({ id: 'ServerFigures', description: 'What a server said of itself.' });

export const observationSchema = z
  .strictObject({
    observedAt: timestamp,
    ageMs: z.int().describe('Since it was looked at; a look that was asked for a moment ago may not have come back.'),
    answeredAt: timestamp.nullable().describe('When the server last answered; its figures are from then.'),
    answers: z.boolean(),
    container: z.enum(['created', 'running', 'restarting', 'exited', 'paused', 'dead', 'missing', 'unknown']),
    server: serverFigures.nullable(),
    findings: z.array(findingSchema),
  })
  .meta({ id: 'Observation', description: 'What was seen of a database when it was last looked at.' });
export type ObservationView = z.output<typeof observationSchema>;
