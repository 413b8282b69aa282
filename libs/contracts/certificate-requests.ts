import { z } from 'zod';
import { ownCertificateBounds } from '#domain/certificates/own-certificate.js';
import { confirm } from './operation-requests.js';

const { certificateCharacters, privateKeyCharacters } = ownCertificateBounds;

/** Body of `PUT /v1/databases/{id}/certificate`. The key is a secret. */
export const ownCertificateSchema = z.strictObject({
  certificatePem: z
    .string()
    .min(1)
    .max(certificateCharacters)
    .describe('The certificate and all that signed it, up to and including the root, in PEM and in any order.'),
  privateKeyPem: z
    .string()
    .min(1)
    .max(privateKeyCharacters)
    .describe('Its key in PEM, not encrypted. It is kept sealed and never shown.'),
  confirm: confirm
    .optional()
    .describe("The handle, when the certificate does not name the host of the database's URLs."),
});
export type OwnCertificate = z.output<typeof ownCertificateSchema>;
