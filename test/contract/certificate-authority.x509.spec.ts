import { X509CertificateAuthority } from '#engine/certificates/x509-certificate-authority.js';
import { describeCertificateAuthority } from './certificate-authority.suite.js';

describeCertificateAuthority('X.509', new X509CertificateAuthority());
