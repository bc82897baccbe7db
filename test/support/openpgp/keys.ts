import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mpi, u16, u32 } from './packets.ts';

/** Seconds since 1970 of a day. */
export const day = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 1000;

export type Kind = 'rsa2048' | 'rsa1024' | 'p256' | 'p384' | 'p521' | 'ed25519' | 'ed25519-legacy' | 'dsa';

export interface TestKey {
  readonly kind: Kind;
  readonly algorithm: number;
  readonly secret: KeyObject;
  readonly created: number;
  readonly body: Buffer;
  /** What of it is hashed in signatures over it. */
  readonly hashed: Buffer;
  readonly fingerprint: string;
}

const made = new Map<string, KeyObject>();
const algorithms = { rsa2048: 1, rsa1024: 1, dsa: 17, p256: 19, p384: 19, p521: 19, 'ed25519-legacy': 22, ed25519: 27 } as const;
const curves = {
  p256: ['prime256v1', '2a8648ce3d030107'],
  p384: ['secp384r1', '2b81040022'],
  p521: ['secp521r1', '2b81040023'],
} as const;

/** Keys of RSA take their time: the same name gives the same numbers again. */
function secretOf(kind: Kind, name: string): KeyObject {
  const id = `${kind} ${name}`;
  const secret = made.get(id) ?? generate(kind);
  made.set(id, secret);
  return secret;
}

function generate(kind: Kind): KeyObject {
  switch (kind) {
    case 'rsa2048':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    case 'rsa1024':
      return generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    case 'p256':
    case 'p384':
    case 'p521':
      return generateKeyPairSync('ec', { namedCurve: curves[kind][0] }).privateKey;
    default:
      return generateKeyPairSync('ed25519').privateKey;
  }
}

function numbersOf(kind: Kind, secret: KeyObject): Buffer {
  const { n = '', e = '', x = '', y = '' } = secret.export({ format: 'jwk' });
  const bytes = (text: string) => Buffer.from(text, 'base64url');
  const onCurve = (oid: string, point: Buffer) =>
    Buffer.concat([Buffer.from([oid.length / 2]), Buffer.from(oid, 'hex'), mpi(point)]);
  switch (kind) {
    case 'rsa2048':
    case 'rsa1024':
      return Buffer.concat([mpi(bytes(n)), mpi(bytes(e))]);
    case 'p256':
    case 'p384':
    case 'p521':
      return onCurve(curves[kind][1], Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]));
    case 'ed25519-legacy':
      return onCurve('2b06010401da470f01', Buffer.concat([Buffer.from([0x40]), bytes(x)]));
    case 'ed25519':
      return bytes(x);
    case 'dsa':
      return Buffer.concat(Array.from({ length: 4 }, () => mpi(Buffer.from('55'.repeat(32), 'hex'))));
  }
}

export function testKey(kind: Kind, name = 'publisher', created = day('2024-01-01')): TestKey {
  const secret = secretOf(kind, name);
  const body = Buffer.concat([Buffer.from([4]), u32(created), Buffer.from([algorithms[kind]]), numbersOf(kind, secret)]);
  const hashed = Buffer.concat([Buffer.from([0x99]), u16(body.length), body]);
  const fingerprint = createHash('sha1').update(hashed).digest('hex').toUpperCase();
  return { kind, algorithm: algorithms[kind], secret, created, body, hashed, fingerprint };
}
