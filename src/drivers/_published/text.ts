import { answerCircumstances } from '../../core/answer-error.ts';
import { ImgctlError, integrityError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { Signer } from '../../core/signature.ts';
import type { Publisher } from './address.ts';
import { distrusted } from './distrust.ts';
import { digestOf, refusal, refuseWebPage, textOf, validatorsOf } from './document.ts';
import { fetchDocument, isGone } from './fetch.ts';
import { keep, recall, type Kept, type ServedFile } from './kept.ts';

/** A text that may be believed as far as the account wants it. */
export interface PublishedText {
  readonly text: string;
  /** Absent: it was not signed, or nobody asked. */
  readonly signer?: Signer;
}

/** A text, and what is found in it. */
export interface TextAddress<Found> {
  readonly url: URL;
  readonly name: string;
  /** Throws PROVIDER for what is no such text. */
  read(text: PublishedText): Found;
}

/** What a signature of a file is called, beside it. */
const endings = ['.asc', '.gpg', '.sig', '.sign', '.minisig'];
const clearSigned = '-----BEGIN PGP SIGNED MESSAGE-----';

/**
 * Reads a text: of an account that wants signatures only what is signed, in it or by a signature beside it. What is unchanged since it was
 * last read is not fetched again, and judged anew. Throws INTEGRITY where it is not signed as it must be, NOT_FOUND where there is none,
 * AUTH for a refusal, and PROVIDER for a page in its place.
 */
export async function readText<Found>(from: Publisher, address: TextAddress<Found>, call: Call): Promise<Found> {
  const { url, name } = address;
  const key = digestOf(`published text\n${from.assurance}\n${url.href}`);
  const kept = await recall(from.cache, key);
  const { answer, bytes, text } = await fetchDocument(from, url, kept?.validators ?? {}, call);
  const isKept = answer.status === 304 && kept !== undefined;
  if (!isKept && answer.status !== 200) throw refusal({ name }, url)(answer, text);
  const served: Kept = isKept ? kept : { bytes, validators: validatorsOf(answer.headers) };
  try {
    const judged = await judgedText(from, address, served, call).catch((error: unknown) =>
      secondLook(error, isKept, from, address, call),
    );
    if (Object.keys(judged.served.validators).length > 0 && (!isKept || judged.served !== served))
      await keep(from.cache, key, judged.served);
    return judged.found;
  } catch (error) {
    // Whoever keeps the server's log finds the answer that was not taken.
    const isOfAnswer = error instanceof ImgctlError && error.circumstances.status === undefined;
    throw isOfAnswer ? error.with(answerCircumstances(answer)) : error;
  }
}

interface JudgedText<Found> {
  readonly found: Found;
  readonly served: Kept;
}

/** What was kept may be signed by whom nobody trusts any more, or have got a new signature: it is fetched again. */
async function secondLook<Found>(
  error: unknown,
  isKept: boolean,
  from: Publisher,
  address: TextAddress<Found>,
  call: Call,
): Promise<JudgedText<Found>> {
  if (!isKept || !(error instanceof ImgctlError) || error.code !== 'INTEGRITY') throw error;
  const { answer, bytes, text } = await fetchDocument(from, address.url, { 'cache-control': 'no-cache' }, call);
  if (answer.status !== 200) throw refusal(address, address.url)(answer, text);
  return judgedText(from, address, { bytes, validators: validatorsOf(answer.headers) }, call);
}

async function judgedText<Found>(
  from: Publisher,
  address: TextAddress<Found>,
  served: Kept,
  call: Call,
): Promise<JudgedText<Found>> {
  const { url, name } = address;
  const { assurance, signatures } = from;
  const called = `${name} (${url.href})`;
  const whole = textOf(served.bytes);
  // A page of a proxy is neither a bad signature nor an empty list.
  refuseWebPage(whole, called);
  if (assurance !== 'signature' || !signatures) return { found: address.read({ text: whole }), served };
  const signature = whole.includes(clearSigned) ? undefined : (served.signature ?? (await signatureBeside(from, url, call)));
  try {
    return {
      found: address.read(await signedText(signatures, { ...served, signature }, called)),
      served: signature ? { ...served, signature } : served,
    };
  } catch (error) {
    throw error instanceof ImgctlError && error.code === 'INTEGRITY' ? distrusted(error) : error;
  }
}

async function signedText(
  signatures: NonNullable<Publisher['signatures']>,
  { bytes, signature }: Kept,
  called: string,
): Promise<PublishedText> {
  if (textOf(bytes).includes(clearSigned)) return signatures.clearSigned(bytes, called);
  if (!signature) throw integrityError(`${called} is not signed`);
  // Some sign a second text, which says the same.
  if (textOf(signature.bytes).includes(clearSigned)) return signatures.clearSigned(signature.bytes, called);
  return { text: textOf(bytes), signer: await signatures.detached(bytes, signature.bytes, called) };
}

/** The signature of a file that lies beside it, whatever it is called there; absent: there is none. */
async function signatureBeside(from: Publisher, url: URL, call: Call): Promise<ServedFile | undefined> {
  for (const ending of endings) {
    const at = new URL(url.href + ending);
    const { answer, bytes, text } = await fetchDocument(from, at, {}, call);
    if (answer.status === 200) return { bytes, validators: validatorsOf(answer.headers) };
    if (!isGone(answer)) throw refusal({ name: 'the signature' }, at)(answer, text);
  }
  return undefined;
}
