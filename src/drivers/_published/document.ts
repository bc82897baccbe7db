import { isObject, parsedJson, type JsonObject } from '../../core/json.ts';
import { createHash } from 'node:crypto';
import { aboutNoImage, answerCircumstances, answerError } from '../../core/answer-error.ts';
import { ImgctlError, integrityError, notFoundError, providerError, type Circumstances } from '../../core/errors.ts';
import type { Answer } from '../../core/answer.ts';
import { htmlText } from '../../core/html-text.ts';
import type { Call } from '../../core/operation.ts';
import type { Signer } from '../../core/signature.ts';
import type { Publisher } from './address.ts';
import { distrusted } from './distrust.ts';
import { fetchDocument, isGone, type Fetched } from './fetch.ts';
import { keep, recall, type Kept, type Validators } from './kept.ts';

/** A document that may be believed as far as the account wants it: what is signed is all that was read. */
export interface Document {
  readonly body: JsonObject;
  /** Of what was served: it changes whenever anything does. */
  readonly digest: string;
  /** Absent: it was not signed, or nobody asked. */
  readonly signer: Signer | undefined;
  /** The time of a later one that an earlier run was served; absent: none was. */
  readonly later?: string | undefined;
}

/** Where a document lies in the two forms that it may have, and what is known of it. */
export interface DocumentAddress {
  readonly clearSigned: URL;
  readonly plain: URL;
  readonly name: string;
  /** As long as this is the same, what is kept and `fits` need not be asked for again. */
  readonly with?: string;
  fits?(body: JsonObject): boolean;
  /** When it is of: later times sort behind earlier ones. Absent: it does not say. */
  timeOf?(body: JsonObject): string | undefined;
  /** Whoever stands between is to ask the server itself. */
  readonly fresh?: boolean;
}

interface Served extends Kept {
  /** Of the answer that it came with; absent: it is from an earlier run. */
  readonly of?: Circumstances;
}

export const digestOf = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const keyOf = ({ plain }: DocumentAddress, { assurance }: Publisher): string =>
  digestOf(`published\n${assurance}\n${plain.href}`);

/**
 * Reads a document: of an account that wants signatures the clear-signed form, or where that does not exist the plain one with the
 * signature beside it. Throws INTEGRITY where neither is signed as it must be, AUTH for a refusal, which is never a reason to go on
 * unsigned, NOT_FOUND where there is none, and PROVIDER for what is no JSON.
 */
export async function readDocument(from: Publisher, address: DocumentAddress, call: Call): Promise<Document> {
  const key = keyOf(address, from);
  const kept = await recall(from.cache, key);
  if (kept && !address.fresh && address.with !== undefined && kept.with === address.with) {
    const document = await judged(from, address, kept).catch(ifDistrusted);
    if (document) return document;
  }
  const { served, document } = await readServed(from, address, kept, call);
  const time = address.timeOf?.(document.body);
  const latest = [kept?.latest, time]
    .filter((one) => one !== undefined)
    .toSorted()
    .at(-1);
  const { of: _answer, ...rest } = served;
  const inStep = (address.fits?.(document.body) ?? true) ? address.with : undefined;
  // What cannot be asked for by its tag or its time is fetched anew each time.
  const isWorthIt = Object.keys(served.validators).length > 0;
  if (isWorthIt && (served !== kept || kept.with !== inStep)) await keep(from.cache, key, { ...rest, with: inStep, latest });
  return latest === time ? document : { ...document, later: latest };
}

/** What was kept may be cut, or signed by whom nobody trusts any more: then it is fetched again. */
function ifDistrusted(error: unknown): undefined {
  if (!(error instanceof ImgctlError) || !['INTEGRITY', 'PROVIDER'].includes(error.code)) throw error;
}

/** What is served now. A signature that lies beside a document may have come with the next one: there is a second look. */
async function readServed(
  from: Publisher,
  address: DocumentAddress,
  kept: Kept | undefined,
  call: Call,
): Promise<{ readonly served: Served; readonly document: Document }> {
  const served = await serve(from, address, kept, call);
  try {
    return { served, document: await judged(from, address, served) };
  } catch (error) {
    if (served !== kept && !served.signature) throw error;
    ifDistrusted(error);
    const again = await serve(from, { ...address, fresh: true }, undefined, call);
    return { served: again, document: await judged(from, address, again) };
  }
}

async function serve(from: Publisher, address: DocumentAddress, kept: Kept | undefined, call: Call): Promise<Served> {
  const isSigned = from.assurance === 'signature';
  // Where there was no clear-signed form there is hardly one now.
  if (kept?.signature && isSigned) {
    const known = await beside(from, address, kept, call);
    if (known) return known;
  }
  const url = isSigned ? address.clearSigned : address.plain;
  const valid = kept && !kept.signature ? kept : undefined;
  const fetched = await fetchDocument(from, url, asking(address, valid?.validators), call);
  if (fetched.answer.status === 304 && valid) return valid;
  if (fetched.answer.status === 200) return servedBy(fetched);
  if (!isSigned || !isGone(fetched.answer)) throw refusal(address, url)(fetched.answer, fetched.text);
  const both = await beside(from, address, undefined, call);
  if (both) return both;
  const { plain, name } = address;
  throw notFoundError(`${name} is not there: ${plain.href}`, {
    status: 404,
    ofNoImage: true,
    hint: 'Check the address in the profile.',
  });
}

/** The plain form with its signature. Absent: it is not there. */
async function beside(
  from: Publisher,
  address: DocumentAddress,
  kept: Kept | undefined,
  call: Call,
): Promise<Served | undefined> {
  const { plain, name } = address;
  const data = await fetchDocument(from, plain, asking(address, kept?.validators), call);
  if (data.answer.status === 304 && kept) return kept;
  if (isGone(data.answer)) return undefined;
  if (data.answer.status !== 200) throw refusal(address, plain)(data.answer, data.text);
  const signatureUrl = new URL(`${plain.href}.gpg`);
  const signature = await fetchDocument(from, signatureUrl, asking(address), call);
  if (isGone(signature.answer))
    throw distrusted(integrityError(`${name} (${plain.href}) is not signed`, answerCircumstances(data.answer)));
  if (signature.answer.status !== 200) throw refusal(address, signatureUrl)(signature.answer, signature.text);
  return { ...servedBy(data), signature: servedBy(signature) };
}

const servedBy = ({ answer, bytes }: Fetched): Served => ({
  bytes,
  validators: validatorsOf(answer.headers),
  of: answerCircumstances(answer),
});

/** Asks for exactly what was served, or nothing at all where that is unchanged. */
export function validatorsOf({ etag, 'last-modified': modified }: Answer['headers']): Validators {
  if (etag !== undefined) return { 'if-none-match': etag };
  return modified === undefined ? {} : { 'if-modified-since': modified };
}

const asking = ({ fresh }: DocumentAddress, validators: Validators = {}): Validators =>
  fresh ? { ...validators, 'cache-control': 'no-cache' } : validators;

/** Stores of objects say so of what is not there too. */
const forbidden = 'Check the address in the profile, and that its user may read there.';

/** The error of an unwelcome answer to a document. */
export const refusal =
  (address: Pick<DocumentAddress, 'name'>, url: URL) =>
  (answer: Answer, text: string): Error => {
    const said = { words: htmlText(text), isOwn: isGone(answer) };
    const more = answer.status === 403 ? { hint: forbidden } : {};
    const error = aboutNoImage(answerError(answer, `reading ${address.name} (${url.href})`, said, more));
    return error instanceof Error ? error : new Error(String(error));
  };

async function judged(from: Publisher, { name, plain, clearSigned }: DocumentAddress, served: Served): Promise<Document> {
  const url = from.assurance === 'signature' && !served.signature ? clearSigned : plain;
  const called = `${name} (${url.href})`;
  try {
    const { text, signer } = await vouchedFor(from, served, called);
    return {
      body: objectIn(text, called),
      get digest() {
        return digestOf(served.bytes);
      },
      signer,
    };
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    // Whoever keeps the server's log finds the answer that was not taken.
    const told = served.of ? error.with(served.of) : error;
    throw told.code === 'INTEGRITY' ? distrusted(told) : told;
  }
}

/** All that may be read of a document: of a signed one what was signed. */
async function vouchedFor(
  { assurance, signatures }: Publisher,
  { bytes, signature }: Kept,
  name: string,
): Promise<{ readonly text: string; readonly signer?: Signer }> {
  // A page of a proxy is no bad signature.
  refuseWebPage(Buffer.from(bytes.subarray(0, 64)).toString('latin1'), name);
  if (assurance !== 'signature' || !signatures) return { text: textOf(bytes) };
  if (!signature) return signatures.clearSigned(bytes, name);
  const signer = await signatures.detached(bytes, signature.bytes, name);
  return { text: textOf(bytes), signer };
}

export const textOf = ({ buffer, byteOffset, length }: Uint8Array): string => Buffer.from(buffer, byteOffset, length).toString();

/** Throws PROVIDER for a page that somebody shows in the place of a document. */
export function refuseWebPage(text: string, name: string): void {
  if (/^\s*</.test(text))
    throw providerError(`${name}: the server answered a web page`, { hint: 'Check the address in the profile, and the proxy.' });
}

function objectIn(text: string, name: string): JsonObject {
  const body = parsedJson(text);
  if (!isObject(body)) throw providerError(`${name} is no JSON object`);
  return body;
}
