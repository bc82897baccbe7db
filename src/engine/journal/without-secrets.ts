import { withoutQuery } from '../../core/answer-error.ts';
import { isSecretName, maskSecrets, maskText, type Redactor } from '../../core/redact.ts';
import { mask } from '../../core/secret.ts';

/** A text as it may be kept: without known secrets, keys, and all in addresses that may be a credential or a signature. */
export const plainText = (text: string, redactor: Redactor): string => redactor.hide(maskText(text, withoutQuery));

/** `--set token=…`, `--property=apiKey=…`: what stands before the value, where its name is a telling one. */
function tellingName(word: string): string | undefined {
  const [, before, name] = /^((?:--?[\w-]+=)?([^=/?]+))=/s.exec(word) ?? [];
  return name !== undefined && isSecretName(name) ? before : undefined;
}

/** What was typed, as it may be kept. */
export const plainWords = (words: readonly string[], redactor: Redactor): readonly string[] =>
  words.map((word) => {
    const name = tellingName(word);
    return name === undefined ? plainText(word, redactor) : `${name}=${mask}`;
  });

/** Parts of a request that are no plain data, or are somebody's documents: what is needed of them is kept elsewhere. */
const leftOut = new Set(['content', 'contentId', 'original', 'handover', 'judge', 'basis', 'goesOn', 'inParts']);

/** A request as plain data without secrets. Functions and bytes are left out. */
export function plainRequest(request: object, redactor: Redactor): Readonly<Record<string, unknown>> {
  const kept = Object.fromEntries(Object.entries(request).filter(([name]) => !leftOut.has(name)));
  return maskSecrets(kept, (text) => plainText(text, redactor)) as Readonly<Record<string, unknown>>;
}
