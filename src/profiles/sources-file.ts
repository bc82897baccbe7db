import { isObject } from '../core/json.ts';
import path from 'node:path';
import { configError, type ImgctlError } from '../core/errors.ts';
import { trustedText } from '../host/private-file.ts';

/** A publisher as the user's own file has it. What it does not say is as it is known without that file, if it is. */
export interface SourceDefinition {
  readonly provider?: string;
  readonly title?: string;
  /** Values of fields, each as it stands: nothing in it is followed. */
  readonly fields: Readonly<Record<string, string>>;
  /** Why it is to be believed, in the user's words. */
  readonly evidence?: string;
}

/** Where the user's own publishers are kept, in the folder of the profile store. It is written by hand. */
export const sourcesFile = (folder: string): string => path.join(folder, 'sources.json');

const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const known = new Set(['provider', 'title', 'fields', 'evidence']);
const damaged = (file: string, what: string): ImgctlError =>
  configError(`${file}${what}`, { hint: 'Fix it, or move it out of the way. It is never overwritten.' });

/** What stands in the file; nothing where there is none. Throws CONFIG, naming it, where it is damaged or somebody else may have written it. */
export function readSources(folder: string): ReadonlyMap<string, SourceDefinition> {
  const file = sourcesFile(folder);
  const text = trustedText(file);
  if (text === undefined) return new Map();
  const value = parsed(text, file);
  if (!isObject(value) || !isObject(value.sources)) throw damaged(file, ' contains no sources');
  if (value.version !== 1) throw damaged(file, ` has version ${JSON.stringify(value.version)}; this imgctl supports version 1`);
  return new Map(Object.entries(value.sources).map(([name, source]) => [name, definition(name, source, file)]));
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(file, ' is not valid JSON');
  }
}

function definition(name: string, value: unknown, file: string): SourceDefinition {
  const wrong = (what: string): ImgctlError => damaged(file, `: source "${name}" ${what}`);
  if (!namePattern.test(name) || name === 'env') throw wrong('has no name that can be typed before a ":"');
  if (!isObject(value)) throw wrong('is no object');
  const odd = Object.keys(value).find((key) => !known.has(key));
  if (odd !== undefined) throw wrong(`has "${odd}", which is not known`);
  const { fields = {}, ...rest } = value;
  const texts = [...Object.entries(rest), ...(isObject(fields) ? Object.entries(fields) : [['fields', fields]])];
  const noText = texts.find(([, text]) => typeof text !== 'string');
  if (noText) throw wrong(`is damaged: ${String(noText[0])} is not ${noText[0] === 'fields' ? 'an object' : 'a string'}`);
  return { ...(rest as Partial<Record<'provider' | 'title' | 'evidence', string>>), fields: fields as Record<string, string> };
}
