import { openApiDocument } from '#contracts/http/openapi-document.js';

/** Prints the OpenAPI document; starts nothing. */
process.stdout.write(`${JSON.stringify(openApiDocument(), null, 2)}\n`);
