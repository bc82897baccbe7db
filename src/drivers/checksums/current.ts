import { providerError } from '../../core/errors.ts';
import { parsedJson } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { fetchDocument } from '../_published/fetch.ts';
import { refusal, refuseWebPage, textOf } from '../_published/document.ts';
import { currentAddress, type ChecksumsClient } from './client.ts';
import type { Folder } from './layout.ts';

const name = 'the file that tells the current version';

/**
 * The version that is current in a folder, where a file tells: absent, where none does. Nothing vouches for it but the server; what has
 * that version is vouched for. Throws PROVIDER where it tells none.
 */
export async function currentSerial(
  { publisher, layout }: ChecksumsClient,
  folder: Folder,
  call: Call,
): Promise<string | undefined> {
  const address = currentAddress(layout, folder);
  if (address === undefined) return undefined;
  const url = new URL(address);
  const { answer, bytes, text } = await fetchDocument({ ...publisher, assurance: 'checksum' }, url, {}, call);
  if (answer.status !== 200) throw refusal({ name }, url)(answer, text);
  const told = textOf(bytes);
  refuseWebPage(told, `${name} of ${url.host}`);
  const serial = serialIn(told);
  if (serial === undefined || !/^\w[\w.+-]*$/.test(serial))
    throw providerError(`${name} tells none: ${url.href}`, { hint: 'Check current in the profile.' });
  return serial;
}

/** `NAME_VERSION=…` of a list of variables, the newest release of a JSON list of versions, or the text as it is. */
function serialIn(text: string): string | undefined {
  const variable = /^(?:[A-Z]+_)?VERSION="?([^"\r\n]+)"?\r?$/m.exec(text)?.[1];
  return variable ?? (/^\s*\[/.test(text) ? newestIn(text) : text.trim());
}

function newestIn(text: string): string | undefined {
  // No list: the caller says that it tells none.
  const list = parsedJson(text);
  const versions = Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : [];
  return versions
    .filter((version) => /^v?\d+(\.\d+)*$/.test(version))
    .sort(byVersion)
    .at(-1);
}

/** Number by number: 1.10 is newer than 1.9. */
function byVersion(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.replace(/^v/, '').split('.').map(Number));
  for (let at = 0; at < Math.max(left?.length ?? 0, right?.length ?? 0); at += 1) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
