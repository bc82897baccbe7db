import { certificate, signedText } from './certificates.ts';
import { testKey } from './keys.ts';
import { armored } from './packets.ts';
import { signaturePacket } from './signatures.ts';

const signer = testKey('rsa2048', 'mutations');
const text = 'aaaa  disk.qcow2\n- a dash\nbbbb  disk.raw';

export const keyring = certificate(signer);
export const mutated = { data: Buffer.from('bytes of a disk'), text, fingerprint: signer.fingerprint } as const;

/** Signed things, a byte of which is changed at a time: a document, and two manners of a signature. */
export const subjects = {
  document: Buffer.from(signedText(signer, text)),
  signature: signaturePacket(signer, [mutated.data], { issuerFingerprint: Buffer.from(signer.fingerprint, 'hex') }),
  armored: Buffer.from(armored('SIGNATURE', signaturePacket(signer, [mutated.data]))),
} as const;
export type Subject = keyof typeof subjects;

export interface Mutation {
  readonly subject: Subject;
  readonly bytes: Buffer;
  readonly at: number;
  readonly what: string;
}

/** So many bytes changed, the same ones for the same dice. */
export function* mutations(count: number, roll: () => number): Generator<Mutation> {
  const names = Object.keys(subjects) as Subject[];
  for (let number = 0; number < count; number++) {
    const subject = names[number % names.length] ?? 'document';
    const bytes = Buffer.from(subjects[subject]);
    const at = Math.floor(roll() * bytes.length);
    const before = bytes[at] ?? 0;
    const after = (before + 1 + Math.floor(roll() * 255)) % 256;
    bytes[at] = after;
    yield { subject, bytes, at, what: `${subject}: byte ${at} from ${before} to ${after}` };
  }
}
