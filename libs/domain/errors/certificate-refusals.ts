import { entry, type ErrorEntry } from './entry.js';

/** What is told who brings a certificate for a database. */
export const certificateRefusals = {
  certificate_unreadable: entry(
    422,
    'fail',
    'The certificate or its key cannot be read',
    'Send both in PEM: the certificates one after the other, and one private key that is not encrypted.',
  ),
  certificate_key_encrypted: entry(
    422,
    'fail',
    'The private key is encrypted',
    'Take the passphrase off (`openssl pkey -in KEY -out PLAIN`); Holdfast seals the key before it keeps it.',
  ),
  certificate_key_mismatch: entry(
    422,
    'fail',
    'The private key does not belong to the certificate',
    'Send the key that the certificate was asked for with.',
  ),
  certificate_chain_incomplete: entry(
    422,
    'fail',
    'The chain does not reach a root',
    'Add the certificates that are named in the detail, up to and including the root, to the file.',
  ),
  certificate_not_current: entry(
    422,
    'fail',
    'A certificate of the chain is not valid now, or not for long',
    'Bring one that is valid now and for a week at least.',
  ),
  certificate_unsuitable: entry(
    422,
    'fail',
    'Clients would not accept the certificate',
    'Have one made for a server, with a strong key and a strong signature, by an authority that may sign it.',
  ),
  certificate_names_missing: entry(
    422,
    'fail',
    'The certificate names no host',
    'Have one made with the names that clients use as subject alternative names.',
  ),
  certificate_authority_ambiguous: entry(
    409,
    'fail',
    'Two authorities of one name cannot be told apart',
    'Go back to the certificate of Holdfast in between (`holdfast db:certificate HANDLE --own`). Chains that identify their keys need no step in between.',
  ),
  certificate_key_gone: entry(
    409,
    'fail',
    'The key that was sent is not kept any more',
    'Send the certificate and its key again.',
  ),
  certificate_is_own: entry(
    409,
    'fail',
    'An operator has brought the certificate of this database',
    'Bring another one with `holdfast db:certificate`, or go back to the one of Holdfast with --own.',
  ),
  certificate_not_own: entry(409, 'fail', 'The database shows the certificate of Holdfast', 'Nothing is to be done.'),
} as const satisfies Record<string, ErrorEntry>;
