import { isObject, parsedJson } from '../../core/json.ts';
import type { Cache } from '../../core/tools.ts';

/** Headers by which a server tells whether a file is what it was; none: it cannot tell. */
export type Validators = Readonly<Record<string, string>>;

/** A file as it was served. */
export interface ServedFile {
  readonly bytes: Uint8Array;
  readonly validators: Validators;
}

/** A document as it was served, kept for later runs, which judge it anew. */
export interface Kept extends ServedFile {
  /** The signature that lies beside it; absent: it has none, or has it inside. */
  readonly signature?: ServedFile | undefined;
  /** What it was last known to be in step with. */
  readonly with?: string | undefined;
  /** The latest time that any document of this address was seen to be of. */
  readonly latest?: string | undefined;
}

const newline = 0x0a;
/** Bounds the search for the end of the first line. */
const longestHead = 256 * 1024;

/** A line of JSON, and behind it the document as it was served. */
export async function keep(cache: Cache | undefined, key: string, kept: Kept): Promise<void> {
  const { bytes, signature, ...head } = kept;
  const beside = signature && { ...signature, bytes: Buffer.from(signature.bytes).toString('base64') };
  await cache?.putBytes(key, [Buffer.from(`${JSON.stringify({ ...head, signature: beside })}\n`), bytes]);
}

/** What is kept under that key; absent: nothing that is understood: of another version, or another's. */
export async function recall(cache: Cache | undefined, key: string): Promise<Kept | undefined> {
  const all = await cache?.getBytes(key);
  const end = all?.subarray(0, longestHead).indexOf(newline) ?? -1;
  const head = all && end > 0 ? parsedJson(Buffer.from(all.subarray(0, end)).toString()) : undefined;
  if (!all || !isObject(head) || !isObject(head.validators)) return undefined;
  const { signature, with: inStep, latest } = head;
  return {
    bytes: all.subarray(end + 1),
    validators: validatorsIn(head.validators),
    ...(isObject(signature) ? { signature: signatureIn(signature) } : {}),
    ...(typeof inStep === 'string' ? { with: inStep } : {}),
    ...(typeof latest === 'string' ? { latest } : {}),
  };
}

const signatureIn = ({ bytes, validators }: Readonly<Record<string, unknown>>): ServedFile => ({
  bytes: Buffer.from(typeof bytes === 'string' ? bytes : '', 'base64'),
  validators: isObject(validators) ? validatorsIn(validators) : {},
});

const validatorsIn = (found: Readonly<Record<string, unknown>>): Validators =>
  Object.fromEntries(Object.entries(found).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
