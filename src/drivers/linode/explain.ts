import { answerError, type ImgctlError } from '../../core/errors.ts';
import type { ApiAnswer } from '../../core/http.ts';
import { isWire, textOf } from './record.ts';

/** Linode's own words in an unwelcome answer: every reason with its field, or an HTML page's title; empty if there are none. */
function explain(text: string): string {
  // Oddity: the front end answers in HTML where the API itself would answer in JSON.
  const title = /<title>([^<]*)<\/title>/i.exec(text)?.[1];
  if (title !== undefined) return title;
  const body = parsed(text);
  const errors = isWire(body) && Array.isArray(body.errors) ? (body.errors as readonly unknown[]) : [];
  return errors.filter(isWire).map(reasonOf).filter(Boolean).join('; ');
}

function reasonOf(error: Readonly<Record<string, unknown>>): string {
  const reason = textOf(error.reason) ?? '';
  const field = textOf(error.field);
  return field === undefined ? reason : `${field}: ${reason}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The code and message of an object store's XML error (S3 protocol), or empty. */
export function explainXml(text: string): string {
  const part = (name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  return [part('Code'), part('Message')].filter((word) => word !== undefined).join(': ');
}

/** The error for an unwelcome answer of the API. `what` says what was being done. */
export function refused(answer: ApiAnswer, what: string): ImgctlError {
  const hint = 'the token lacks a scope or a grant: images need images:read_write, and linodes:read_only to make one from a disk';
  return answerError(answer, what, explain(answer.text), answer.status === 403 ? { hint } : {});
}
