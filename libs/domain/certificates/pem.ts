export interface PemBlock {
  /** Such as `CERTIFICATE` or `EC PRIVATE KEY`. */
  readonly label: string;
  /** From its first line to its last, and a line's end. */
  readonly pem: string;
}

/** What lies in a PEM file, in its order. Whatever stands between the blocks is for people. */
export const pemBlocks = (text: string): readonly PemBlock[] =>
  [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----[^-]*-----END \1-----/g)].map(([pem, label = '']) => ({
    label,
    pem: `${pem.replaceAll('\r', '')}\n`,
  }));

/** A chain as it is kept: the server's certificate first, the root last. What a server shows, and what its clients must believe. */
export const partsOfChain = (
  chainPem: string,
): { readonly shownPem: string; readonly authorities: readonly string[] } => {
  const certificates = pemBlocks(chainPem).map(({ pem }) => pem);
  // A client that has the root needs no copy of it; the ones between are shown, and believed as well: Redis 6.0 shows only the first.
  return { shownPem: certificates.slice(0, -1).join(''), authorities: certificates.slice(1) };
};
