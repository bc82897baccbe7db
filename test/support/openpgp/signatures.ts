import { createHash, sign } from 'node:crypto';
import { day, type TestKey } from './keys.ts';
import { mpi, packet, u16, u32 } from './packets.ts';

export type Hash = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
const hashIds = { md5: 1, sha1: 2, sha256: 8, sha384: 9, sha512: 10, sha224: 11 } as const;

/** What a signature says. Absent fields: as a publisher would have it. */
export interface Says {
  readonly type?: number;
  readonly hash?: Hash;
  readonly version?: 3 | 4 | 6;
  /** Seconds since 1970; `null`: it does not say. */
  readonly created?: number | null;
  readonly expires?: number;
  readonly keyExpires?: number;
  readonly flags?: number;
  readonly issuer?: Buffer | null;
  readonly issuerFingerprint?: Buffer;
  /** Bodies of signatures within it. */
  readonly embedded?: readonly Buffer[];
  /** Further subpackets that are signed, and that are not. */
  readonly more?: readonly Buffer[];
  readonly loose?: readonly Buffer[];
}

export function subpacket(type: number, data: Uint8Array, critical = false): Buffer {
  const head = Buffer.from([0xff, 0, 0, 0, 0, type | (critical ? 0x80 : 0)]);
  head.writeUInt32BE(data.length + 1, 1);
  return Buffer.concat([head, data]);
}

const keyIdBytes = (key: TestKey): Buffer => Buffer.from(key.fingerprint.slice(-16), 'hex');

/** The body of a signature packet. */
export function signatureBody(key: TestKey, content: readonly Uint8Array[], says: Says = {}): Buffer {
  const { version = 4, hash = 'sha256' } = says;
  const { head, trailer, behind } = version === 3 ? frameOf3(key, says) : frameOf4(key, says);
  const hashed = Buffer.concat([...content, trailer]);
  const digest = createHash(hash).update(hashed).digest();
  return Buffer.concat([head, behind, digest.subarray(0, 2), numbersOf(key, hash, hashed, digest)]);
}

export const signaturePacket = (key: TestKey, content: readonly Uint8Array[], says: Says = {}): Buffer =>
  packet(2, signatureBody(key, content, says));

function frameOf3(key: TestKey, { type = 0, hash = 'sha256', created }: Says) {
  const trailer = Buffer.concat([Buffer.from([type]), u32(created ?? day('2025-01-01'))]);
  const behind = Buffer.concat([keyIdBytes(key), Buffer.from([key.algorithm, hashIds[hash]])]);
  return { head: Buffer.concat([Buffer.from([3, 5]), trailer]), trailer, behind };
}

function frameOf4(key: TestKey, says: Says) {
  const { type = 0, hash = 'sha256', version = 4, created = day('2025-01-01'), issuer = keyIdBytes(key) } = says;
  const signed = Buffer.concat([
    ...(created === null ? [] : [subpacket(2, u32(created))]),
    ...(says.expires === undefined ? [] : [subpacket(3, u32(says.expires))]),
    ...(says.keyExpires === undefined ? [] : [subpacket(9, u32(says.keyExpires))]),
    ...(says.flags === undefined ? [] : [subpacket(27, Buffer.from([says.flags]))]),
    ...(says.issuerFingerprint ? [subpacket(33, Buffer.concat([Buffer.from([4]), says.issuerFingerprint]))] : []),
    ...(says.embedded ?? []).map((body) => subpacket(32, body)),
    ...(says.more ?? []),
  ]);
  const loose = Buffer.concat([...(issuer ? [subpacket(16, issuer)] : []), ...(says.loose ?? [])]);
  const head = Buffer.concat([Buffer.from([version, type, key.algorithm, hashIds[hash]]), u16(signed.length), signed]);
  const trailer = Buffer.concat([head, Buffer.from([4, 0xff]), u32(head.length)]);
  return { head, trailer, behind: Buffer.concat([u16(loose.length), loose]) };
}

function numbersOf(key: TestKey, hash: Hash, hashed: Buffer, digest: Buffer): Buffer {
  if (key.algorithm === 17) return Buffer.concat([mpi(digest.subarray(0, 20)), mpi(digest.subarray(0, 20))]);
  if (key.algorithm === 1) return mpi(sign(hash, hashed, key.secret));
  if (key.algorithm === 19) return halves(sign(hash, hashed, { key: key.secret, dsaEncoding: 'ieee-p1363' }));
  const value = sign(null, digest, key.secret);
  return key.algorithm === 27 ? value : halves(value);
}

const halves = (value: Buffer): Buffer =>
  Buffer.concat([mpi(value.subarray(0, value.length / 2)), mpi(value.subarray(value.length / 2))]);

/** The text as its author signs it: `\r\n` between lines, no whitespace at their ends. */
export const canonical = (text: string): Buffer =>
  Buffer.from(
    text
      .split('\n')
      .map((line) => line.replace(/[ \t\r]+$/, ''))
      .join('\r\n'),
  );
