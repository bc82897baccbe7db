import { createHash } from 'node:crypto';
import { aboutNoImage, answerCircumstances, answerError } from '../../core/answer-error.ts';
import { ImgctlError, integrityError, notFoundError, providerError, type Circumstances } from '../../core/errors.ts';
import type { Answer } from '../../core/answer.ts';
import { htmlText } from '../../core/html-text.ts';
import type { Headers } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import type { Signer } from '../../core/signature.ts';
import type { Publisher } from './address.ts';
import { fetchBytes, fetchText, isGone } from './fetch.ts';
import { isObject, type JsonObject } from './json.ts';

/** A document that may be believed as far as the account wants it: what is signed is all that was read. */
export interface Document {
  readonly body: JsonObject;
  /** Of what was served: it changes whenever anything does. */
  readonly digest: string;
  /** Absent: it was not signed, or nobody asked. */
  readonly signer: Signer | undefined;
}

/** What was served, as it is kept for later runs: it is judged anew each time. */
interface Kept {
  readonly validators: Headers;
  readonly served: string;
  /** Base64. */
  readonly signature?: string;
  /** What it was last known to be in step with. */
  readonly with?: string;
}

/** Where a document lies in the two forms that it may have. */
export interface DocumentAddress {
  readonly clearSigned: URL;
  readonly plain: URL;
  readonly name: string;
  /** As long as this is the same, what is kept need not be asked for again. */
  readonly with?: string;
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const keyOf = ({ plain }: DocumentAddress, { assurance }: Publisher): string =>
  digestOf(`published\n${assurance}\n${plain.href}`);

/**
 * Reads a document: of an account that wants signatures the clear-signed form, or where that does not exist the plain one with the
 * signature beside it. Throws INTEGRITY where neither is signed as it must be, AUTH for a refusal, which is never a reason to go on
 * unsigned, NOT_FOUND where there is none, and PROVIDER for what is no JSON.
 */
export async function readDocument(from: Publisher, address: DocumentAddress, call: Call): Promise<Document> {
  const key = keyOf(address, from);
  const kept = keptIn(await from.cache?.get(key));
  if (kept && address.with !== undefined && kept.with === address.with) return judged(from, address, kept);
  const served = await serve(from, address, kept, call);
  const document = await judged(from, address, served);
  const { of: _answer, ...keeping } = served;
  const next = address.with === undefined ? keeping : { ...keeping, with: address.with };
  // What cannot be asked for by its tag or its time is fetched anew each time.
  if (Object.keys(next.validators).length === 0 && next.signature === undefined) return document;
  if (served !== kept || next.with !== kept.with) await from.cache?.put(key, JSON.stringify(next));
  return document;
}

function keptIn(text: string | undefined): Kept | undefined {
  try {
    const kept: unknown = text === undefined ? undefined : JSON.parse(text);
    return isObject(kept) && typeof kept.served === 'string' && isObject(kept.validators) ? (kept as object as Kept) : undefined;
  } catch {
    // Of another version, or cut: it is fetched again.
    return undefined;
  }
}

async function serve(
  from: Publisher,
  address: DocumentAddress,
  kept: Kept | undefined,
  call: Call,
): Promise<Kept & { readonly of?: Circumstances }> {
  const isSigned = from.assurance === 'signature';
  const url = isSigned ? address.clearSigned : address.plain;
  const { answer } = await fetchText(from, url, kept && !kept.signature ? kept.validators : {}, call);
  if (answer.status === 304 && kept) return kept;
  if (answer.status === 200)
    return { validators: validatorsOf(answer.headers), served: answer.text, of: answerCircumstances(answer) };
  if (isSigned && isGone(answer)) return detached(from, address, call);
  throw refusal(address, url)(answer, answer.text);
}

/** Asks for exactly what was served, or nothing at all where that is unchanged. */
function validatorsOf({ etag, 'last-modified': modified }: Answer['headers']): Headers {
  if (etag !== undefined) return { 'if-none-match': etag };
  return modified === undefined ? {} : { 'if-modified-since': modified };
}

async function detached(from: Publisher, address: DocumentAddress, call: Call): Promise<Kept> {
  const { plain, name } = address;
  const data = await fetchBytes(from, plain, refusal(address, plain), call);
  if (!data)
    throw notFoundError(`${name} is not there: ${plain.href}`, {
      status: 404,
      ofNoImage: true,
      hint: 'Check the address in the profile.',
    });
  const signatureUrl = new URL(`${plain.href}.gpg`);
  const signature = await fetchBytes(from, signatureUrl, refusal(address, signatureUrl), call);
  if (!signature)
    throw integrityError(`${name} of ${plain.host} is not signed`, {
      hint: 'Set verify=checksum in the profile to trust the server alone.',
    });
  return { validators: {}, served: Buffer.from(data).toString('latin1'), signature: Buffer.from(signature).toString('base64') };
}

const refusal =
  (address: DocumentAddress, url: URL) =>
  (answer: Answer, text: string): Error => {
    const said = { words: htmlText(text), isOwn: isGone(answer) };
    const error = aboutNoImage(answerError(answer, `reading ${address.name} (${url.href})`, said));
    return error instanceof Error ? error : new Error(String(error));
  };

async function judged(
  from: Publisher,
  { name, plain }: DocumentAddress,
  kept: Kept & { readonly of?: Circumstances },
): Promise<Document> {
  try {
    return await read(from, { name, plain }, kept);
  } catch (error) {
    // Whoever keeps the server's log finds the answer that was not taken.
    throw error instanceof ImgctlError && kept.of ? error.with(kept.of) : error;
  }
}

async function read(from: Publisher, { name, plain }: Pick<DocumentAddress, 'name' | 'plain'>, kept: Kept): Promise<Document> {
  const { text, signer } = await vouchedFor(from, kept, `${name} of ${plain.host}`);
  return { body: objectIn(text, `${name} (${plain.href})`), digest: digestOf(kept.served), signer };
}

async function vouchedFor(
  { assurance, signatures }: Publisher,
  { served, signature }: Kept,
  name: string,
): Promise<{ readonly text: string; readonly signer?: Signer }> {
  if (assurance !== 'signature' || !signatures) return { text: served };
  // A page of a proxy is no bad signature.
  refuseWebPage(served, name);
  if (signature === undefined) return signatures.clearSigned(Buffer.from(served), name);
  const data = Buffer.from(served, 'latin1');
  const signer = await signatures.detached(data, Buffer.from(signature, 'base64'), name);
  return { text: data.toString(), signer };
}

function refuseWebPage(text: string, name: string): void {
  if (/^\s*</.test(text))
    throw providerError(`${name}: the server answered a web page`, { hint: 'Check the address in the profile, and the proxy.' });
}

function objectIn(text: string, name: string): JsonObject {
  refuseWebPage(text, name);
  const body = parsed(text);
  if (!isObject(body)) throw providerError(`${name} is no JSON object`);
  return body;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller says which document it was.
    return undefined;
  }
}
