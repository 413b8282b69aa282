import { generateKeyPairSync, webcrypto, type KeyObject } from 'node:crypto';
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const dayMs = 86_400_000;
const serverAuth = '1.3.6.1.5.5.7.3.1';
let serial = 1000;

type Algorithm = 'P-256' | 'secp224r1' | { readonly rsaBits: number };

export interface LeafWishes {
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly commonName?: string;
  /** In days from now. */
  readonly begins?: number;
  readonly ends?: number;
  readonly intermediateEnds?: number;
  readonly usages?: readonly string[] | null;
  readonly isAuthority?: boolean;
  readonly key?: Algorithm;
  readonly hash?: 'SHA-256' | 'SHA-1';
  /** What the intermediate says of itself; the root has signed it all the same. */
  readonly intermediateSigns?: boolean;
  /** Whether keys are identified, so that two authorities of one name can be told apart. */
  readonly identified?: boolean;
}

export interface OwnChain {
  readonly leafPem: string;
  readonly intermediatePem: string;
  readonly rootPem: string;
  /** Leaf, intermediate and root. */
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly rootKeyPem: string;
}

/** An authority of an operator, with an authority below it and a certificate of a server. */
export const makeOwnChain = async (wishes: LeafWishes = {}): Promise<OwnChain> => {
  const { dnsNames = ['redis.example.com'], ipAddresses = [], commonName = 'redis.example.com' } = wishes;
  const { begins = -1, ends = 90, usages = [serverAuth], key = 'P-256', hash = 'SHA-256', identified = true } = wishes;
  const [rootKeys, middleKeys, leafKeys] = [pair('P-256'), pair('P-256'), pair(key)];
  const root = await certificate({
    ...{
      subject: 'Operator Root',
      issuer: 'Operator Root',
      keys: rootKeys,
      signer: rootKeys,
      begins: -100,
      ends: 3650,
      identified,
    },
    extensions: authority(true),
  });
  const middle = await certificate({
    ...{
      subject: 'Operator Servers',
      issuer: 'Operator Root',
      keys: middleKeys,
      signer: rootKeys,
      begins: -100,
      identified,
    },
    ends: wishes.intermediateEnds ?? 1000,
    extensions: authority(wishes.intermediateSigns ?? true),
  });
  const names = [
    ...dnsNames.map((value) => ({ type: 'dns', value }) as const),
    ...ipAddresses.map((value) => ({ type: 'ip', value }) as const),
  ];
  const leaf = await certificate({
    ...{
      subject: commonName,
      issuer: 'Operator Servers',
      keys: leafKeys,
      signer: middleKeys,
      begins,
      ends,
      hash,
      identified,
    },
    extensions: [
      new BasicConstraintsExtension(wishes.isAuthority ?? false, undefined, true),
      ...(usages === null ? [] : [new ExtendedKeyUsageExtension([...usages])]),
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
    ],
  });
  const [privateKeyPem, rootKeyPem] = [leafKeys, rootKeys].map(pkcs8) as [string, string];
  const certificatePem = leaf + middle + root;
  return { leafPem: leaf, intermediatePem: middle, rootPem: root, certificatePem, privateKeyPem, rootKeyPem };
};

const pkcs8 = ({ privateKey }: Keys): string => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

const authority = (signs: boolean): Extension[] => [
  new BasicConstraintsExtension(signs, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
];

interface Keys {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const pair = (algorithm: Algorithm): Keys =>
  typeof algorithm === 'string'
    ? generateKeyPairSync('ec', { namedCurve: algorithm })
    : generateKeyPairSync('rsa', { modulusLength: algorithm.rsaBits });

interface Wanted {
  readonly subject: string;
  readonly issuer: string;
  readonly keys: Keys;
  readonly signer: Keys;
  readonly begins: number;
  readonly ends: number;
  readonly hash?: 'SHA-256' | 'SHA-1';
  readonly identified: boolean;
  readonly extensions: Extension[];
}

const certificate = async (wanted: Wanted): Promise<string> => {
  const { subject, issuer, keys, signer, begins, ends, hash = 'SHA-256', extensions } = wanted;
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    signer.privateKey.export({ type: 'pkcs8', format: 'der' }),
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['sign'],
  );
  const made = await X509CertificateGenerator.create({
    // Any key may be certified, also one that WebCrypto does not know.
    publicKey: keys.publicKey.export({ type: 'spki', format: 'der' }),
    signingKey,
    signingAlgorithm: { name: 'ECDSA', hash },
    subject: [{ CN: [subject] }],
    issuer: [{ CN: [issuer] }],
    serialNumber: (++serial).toString(16),
    notBefore: new Date(Date.now() + begins * dayMs),
    notAfter: new Date(Date.now() + ends * dayMs),
    // Without them OpenSSL cannot tell two authorities of one name apart.
    extensions: [...extensions, ...(wanted.identified ? await identifiers(keys, signer) : [])],
  });
  return `${made.toString('pem')}\n`;
};

const identifiers = async (keys: Keys, signer: Keys): Promise<Extension[]> => [
  ...(keys.publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1'
    ? [await SubjectKeyIdentifierExtension.create(await publicKeyOf(keys))]
    : []),
  await AuthorityKeyIdentifierExtension.create(await publicKeyOf(signer)),
];

const publicKeyOf = ({ publicKey }: Keys): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey(
    'spki',
    publicKey.export({ type: 'spki', format: 'der' }),
    { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    ['verify'],
  );
