import { z } from 'zod';
import { ownCertificateSchema } from '../certificate-requests.js';
import { operationSchema } from './operations.js';
import { defineRoute } from './route.js';
import { databaseReference, id, idParams, timestamp } from './values.js';

const certificateSchema = z
  .strictObject({
    databaseId: id,
    by: z
      .enum(['holdfast', 'operator'])
      .describe('Who has made it: the authority of the installation, or an operator.'),
    notAfter: timestamp.nullable().describe('When the first of its chain ends; null before it has one.'),
    subject: z.string().nullable().describe('Null of one by Holdfast, as are names and fingerprint.'),
    names: z.array(z.string()).nullable(),
    fingerprint256: z.string().nullable().describe('SHA-256 of the certificate itself.'),
    authorityPem: z
      .string()
      .describe('Whom clients of its doors have to believe, those included that follow the primary of its tree.'),
  })
  .meta({ id: 'Certificate', description: 'What the TLS doors of a database show.' });

const tag = 'databases';
const params = idParams(databaseReference);
const operation = (description: string) =>
  ({ status: 202, description, schema: operationSchema, headers: { Location: 'The operation.' } }) as const;

export const certificateRoutes = {
  getCertificate: defineRoute({
    id: 'getCertificate',
    method: 'get',
    path: '/v1/databases/{id}/certificate',
    tag,
    summary: 'Whose certificate it shows, and whom its clients have to believe',
    access: 'read',
    params,
    answer: { status: 200, description: 'The certificate.', schema: certificateSchema },
    errors: ['database_not_found'],
  }),
  putCertificate: defineRoute({
    id: 'putCertificate',
    method: 'put',
    path: '/v1/databases/{id}/certificate',
    tag,
    summary: 'Let it show a certificate of your own, without a restart',
    access: 'ops',
    params,
    body: ownCertificateSchema,
    answer: operation('The certificate was checked; a renew-certificate is queued that brings it to the server.'),
    errors: [
      'database_not_found',
      'database_not_ready',
      'confirmation_required',
      'certificate_unreadable',
      'certificate_key_encrypted',
      'certificate_key_mismatch',
      'certificate_chain_incomplete',
      'certificate_not_current',
      'certificate_unsuitable',
      'certificate_names_missing',
      'certificate_authority_ambiguous',
    ],
  }),
  deleteCertificate: defineRoute({
    id: 'deleteCertificate',
    method: 'delete',
    path: '/v1/databases/{id}/certificate',
    tag,
    summary: 'Go back to a certificate of Holdfast, without a restart',
    access: 'ops',
    params,
    answer: operation('A renew-certificate is queued. The key that was kept is forgotten when it has ended.'),
    errors: ['database_not_found', 'database_not_ready', 'certificate_not_own'],
  }),
};
