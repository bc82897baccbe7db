import { Malformed, Octets, keyIdOf, upperHex } from './octets.ts';

/** What a signature says in its subpackets (RFC 9580, section 5.2.3.7). Times in seconds; 0 is said of what never ends. */
export interface Subpackets {
  created?: number;
  /** Seconds after `created` at which the signature ends. */
  expires?: number;
  /** Seconds after the making of the key at which that ends. */
  keyExpires?: number;
  flags?: number;
  /** All ids of keys that are named as the signer's. */
  readonly issuers: Set<string>;
  /** Signatures within it, by a subkey over its primary key. */
  readonly embedded: Buffer[];
  /** A critical subpacket of a kind that is not understood. */
  notUnderstood?: number;
}

const types = {
  created: 2,
  expires: 3,
  keyExpires: 9,
  issuer: 16,
  flags: 27,
  embedded: 32,
  issuerFingerprint: 33,
} as const;

/** Those that are understood, or of which it is known that they change nothing of what is proved. Notations (20) are not among them. */
const understood: ReadonlySet<number> = new Set([
  2, 3, 4, 5, 7, 9, 11, 12, 16, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 32, 33, 34, 39,
]);

/** Who signed may be said outside of what is signed: it only says which key to try. All else counts only inside. */
export function readSubpackets(signed: Buffer, loose: Buffer): Subpackets {
  const said: Subpackets = { issuers: new Set(), embedded: [] };
  for (const one of areaOf(signed)) note(said, one, true);
  for (const one of areaOf(loose)) note(said, one, false);
  return said;
}

interface Subpacket {
  readonly type: number;
  readonly critical: boolean;
  readonly data: Buffer;
}

function* areaOf(area: Buffer): Generator<Subpacket, void, undefined> {
  const octets = new Octets(area);
  while (!octets.ended) {
    const first = octets.number(1);
    const length = first < 192 ? first : first < 255 ? ((first - 192) << 8) + octets.number(1) + 192 : octets.number(4);
    if (length === 0) throw new Malformed('an empty subpacket');
    const body = octets.take(length);
    const head = body[0] ?? 0;
    yield { type: head & 0x7f, critical: head >= 0x80, data: body.subarray(1) };
  }
}

function note(said: Subpackets, { type, critical, data }: Subpacket, signed: boolean): void {
  if (critical && !understood.has(type)) said.notUnderstood = type;
  const octets = new Octets(data);
  if (type === types.issuer) said.issuers.add(upperHex(octets.take(8)));
  if (type === types.issuerFingerprint && octets.number(1) === 4) said.issuers.add(keyIdOf(upperHex(octets.take(20))));
  if (type === types.embedded) said.embedded.push(data);
  if (!signed) return;
  if (type === types.created) said.created = octets.number(4);
  if (type === types.expires) said.expires = octets.number(4);
  if (type === types.keyExpires) said.keyExpires = octets.number(4);
  if (type === types.flags) said.flags = data[0] ?? 0;
}
