import { Malformed, Octets } from './octets.ts';

/** RFC 9580, section 5: the kinds of packets that are looked at. All others are passed over. */
export const tags = { signature: 2, publicKey: 6, userId: 13, publicSubkey: 14, userAttribute: 17 } as const;

export interface Packet {
  readonly tag: number;
  readonly body: Buffer;
}

/** Packets one after the other, without a copy. Malformed as soon as something is none, or is cut short. */
export function* packetsOf(bytes: Uint8Array): Generator<Packet, void, undefined> {
  const octets = new Octets(bytes);
  while (!octets.ended) {
    const head = octets.number(1);
    if (!(head & 0x80)) throw new Malformed('not made of OpenPGP packets');
    const tag = head & 0x40 ? head & 0x3f : (head >> 2) & 0x0f;
    const length = head & 0x40 ? newLength(octets) : oldLength(octets, head & 3);
    yield { tag, body: octets.take(length) };
  }
}

function newLength(octets: Octets): number {
  const first = octets.number(1);
  if (first < 192) return first;
  if (first < 224) return ((first - 192) << 8) + octets.number(1) + 192;
  // Only packets of data may come in parts, and none of them is looked at here.
  if (first < 255) throw new Malformed('a packet in parts');
  return octets.number(4);
}

function oldLength(octets: Octets, kind: number): number {
  if (kind === 3) throw new Malformed('a packet without a length');
  return octets.number(kind === 0 ? 1 : kind === 1 ? 2 : 4);
}
