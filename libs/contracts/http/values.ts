import { z } from 'zod';

export const id = z.uuid();
export const timestamp = z.iso.datetime();
export const idParams = (description: string) => z.strictObject({ id: z.string().describe(description) });

export const databaseReference = 'Its id, or environment/handle URL-encoded as one segment (default%2Fhello).';
export const environmentReference = 'Its id or its name.';

/** Filters of lists: a reference that fits nobody is an error, so that a typing mistake does not look like an empty list. */
export const environmentFilter = z.string().max(64).optional().describe(environmentReference);
export const databaseFilter = z.string().max(128).optional().describe('Its id, or environment/handle.');
export const actorFilter = z.string().max(128).optional().describe('Who asked for it, such as token:owner.');
