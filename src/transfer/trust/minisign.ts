import { createHash, createPublicKey, verify, type Hash, type KeyObject } from 'node:crypto';
import { configError, integrityError } from '../../core/errors.ts';
import type { SignatureCheck, Signer } from '../../core/signature.ts';

/** A key as minisign and signify write it, and a signature: what it is for, the id of the key, and then 32 or 64 bytes. */
interface Line {
  readonly algorithm: string;
  readonly keyId: string;
  readonly value: Buffer;
}

/** Public keys, one at least. */
export type MinisignKeys = readonly Line[];

interface MinisignSignature extends Line {
  /** All that the second signature covers but the comment. Signify has neither. */
  readonly comment?: { readonly text: string; readonly signature: Buffer };
}

/** `Ed` signs the bytes themselves, `ED` their BLAKE2b-512. */
const plain = 'Ed';
const prehashed = 'ED';
const untrusted = 'untrusted comment:';
const trusted = 'trusted comment: ';
/** What was signed by the bytes themselves has to be held as a whole. Publishers sign lists like that, not disks. */
const mostHeld = 64 * 1024 * 1024;
/** Longer than any signature with its comments. */
const longestSignature = 65_536;

/** Who signed these bytes with minisign or signify; one of the keys must have. INTEGRITY as `Signatures` has it. */
export function verifyMinisign(data: Uint8Array, signature: Uint8Array, name: string, keys: MinisignKeys): Signer {
  const check = checkMinisign(signature, name, keys);
  check.update(data);
  return check.verdict();
}

/** The same for bytes that pass by. Throws at once where no signature can be good. What is not prehashed is held: 64 MiB at most. */
export function checkMinisign(signature: Uint8Array, name: string, known: MinisignKeys): SignatureCheck {
  const made = signatureIn(signature, name);
  const key = known.find(({ keyId }) => keyId === made.keyId);
  if (!key)
    throw integrityError(`${name} is signed by another key (${made.keyId}) than ${known.map(({ keyId }) => keyId).join(', ')}`);
  const publicKey = keyObjectOf(key);
  const { comment } = made;
  const isCommentGood = comment === undefined || verify(null, commented(made.value, comment.text), publicKey, comment.signature);
  if (!isCommentGood) throw mismatch(`the trusted comment of the signature of ${name}`, key);
  const content = made.algorithm === prehashed ? new Prehashed() : new Held(name);
  return {
    update: (chunk) => content.update(chunk),
    verdict() {
      if (!verify(null, content.signed(), publicKey, made.value)) throw mismatch(name, key);
      return { fingerprint: key.keyId, ...timeIn(comment?.text ?? '') };
    },
  };
}

const mismatch = (what: string, { keyId }: Line) =>
  integrityError(`${what} does not match its signature by key ${keyId}`, {
    hint: 'Download it again: it is corrupt, or was changed after it was signed.',
  });

const commented = (signature: Buffer, text: string): Buffer => Buffer.concat([signature, Buffer.from(text)]);

class Prehashed {
  readonly #hash: Hash = createHash('blake2b512');

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  signed(): Buffer {
    return this.#hash.digest();
  }
}

class Held {
  readonly #name: string;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(name: string) {
    this.#name = name;
  }

  update(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#length > mostHeld)
      throw integrityError(
        `${this.#name} cannot be verified: it is larger than 64 MiB, and its signature is not over a hash of it`,
        {
          hint: 'Use its checksum file instead, or ask its publisher for a signature of minisign 0.10 or newer.',
        },
      );
    this.#chunks.push(Buffer.from(chunk));
  }

  signed(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

/** The public keys in a text, one a line, with or without their comments. Throws CONFIG where there is none, or something else. */
export function minisignKeys(text: string): MinisignKeys {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith(untrusted));
  const keys = lines.map((line) => read(line.trim(), 32));
  const good = keys.flatMap((key) => (key?.algorithm === plain ? [key] : []));
  if (good.length === 0 || good.length < keys.length)
    throw configError('that is no public key of minisign or signify', { hint: 'Give its line that begins with RW.' });
  return good;
}

function signatureIn(bytes: Uint8Array, name: string): MinisignSignature {
  const text = bytes.length > longestSignature ? '' : Buffer.from(bytes).toString('utf8');
  const [head = '', first = '', note, second, ...rest] = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const made = head.startsWith(untrusted) ? read(first, 64) : undefined;
  const damaged = (): Error => integrityError(`the signature of ${name} is damaged, or none of minisign or signify`);
  if (!made || ![plain, prehashed].includes(made.algorithm) || rest.some((line) => line !== '')) throw damaged();
  // Signify has no trusted comment, and does not hash before it signs.
  if (note === undefined && made.algorithm === plain) return made;
  const signature = decoded(second ?? '', 64);
  if (!note?.startsWith(trusted) || !signature) throw damaged();
  return { ...made, comment: { text: note.slice(trusted.length), signature } };
}

function read(line: string, length: number): Line | undefined {
  const bytes = decoded(line, 10 + length);
  if (!bytes) return undefined;
  // Minisign shows the id as a number whose first byte is the last.
  const keyId = Buffer.from(bytes.subarray(2, 10)).reverse().toString('hex').toUpperCase();
  return { algorithm: bytes.toString('latin1', 0, 2), keyId, value: bytes.subarray(10) };
}

/** Only what is written as it would be written again: `Buffer.from` passes over whatever is no Base64. */
function decoded(text: string, length: number): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === length && bytes.toString('base64') === text ? bytes : undefined;
}

const keyObjectOf = ({ value }: Line): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: value.toString('base64url') }, format: 'jwk' });

function timeIn(comment: string): { readonly madeAt?: string } {
  const [, seconds] = /^timestamp:(\d{1,11})\b/.exec(comment) ?? [];
  return seconds === undefined ? {} : { madeAt: new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z') };
}
