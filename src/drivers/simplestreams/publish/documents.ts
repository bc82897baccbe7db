import { conflictError } from '../../../core/errors.ts';
import { isObject, parsedJson, textIn, type JsonObject } from '../../../core/json.ts';
import type { ReadText, TreeDocument } from '../../../core/publication.ts';

const contentId = 'images';
const products = 'streams/v1/images';
const index = 'streams/v1/index';

export const start = `${index}.json`;
/** What is named is there before what names it. */
export const paths: readonly string[] = [`${products}.json`, `${products}.sjson`, start, `${index}.sjson`];

/** What the documents of a tree say. */
export interface Documents {
  readonly index: JsonObject;
  /** The products document but for its products. */
  readonly head: JsonObject;
  readonly products: JsonObject;
  /** Paths of other products that have a signed form. */
  readonly signed: ReadonlySet<string>;
  /** Absent: nothing was added. */
  readonly changedAt?: Date;
}

/** Reads them. Throws CONFLICT for what is no tree, or cannot be added to without breaking it. */
export async function readDocuments(read: ReadText, isSigned: boolean): Promise<Documents> {
  const top = (await readObject(read, start, 'index:1.0')) ?? {};
  const { products: listed = {}, ...head } = (await readObject(read, `${products}.json`, 'products:1.0')) ?? {};
  const entries = top.index ?? {};
  if (!isObject(entries)) throw notUnderstood(start);
  if (!isObject(listed)) throw notUnderstood(`${products}.json`);
  const own = Object.hasOwn(entries, contentId) ? entries[contentId] : undefined;
  if (own !== undefined && (!isObject(own) || own.path !== `${products}.json`))
    throw conflictError(`the tree keeps its images elsewhere than in ${products}.json`, { hint: 'Specify another folder.' });
  const others = Object.values(entries).flatMap((entry) => (isObject(entry) ? [textIn(entry.path) ?? ''] : []));
  return { index: top, head, products: listed, signed: await checkSignatures(read, isSigned, others) };
}

/** Throws CONFLICT where a signature would not be one of what is there any more. Gives the others that have a signed form. */
async function checkSignatures(read: ReadText, isSigned: boolean, others: readonly string[]): Promise<ReadonlySet<string>> {
  for (const document of [products, index]) {
    if ((await read(`${document}.json.gpg`)) !== undefined)
      throw conflictError(`the tree is signed by ${document}.json.gpg, which is not written here`, {
        hint: 'Specify another folder, or remove that file and sign clear text alone.',
      });
    if (!isSigned && (await read(`${document}.sjson`)) !== undefined)
      throw conflictError('the tree is signed', { hint: 'Add --sign KEY: what is added has to be signed, too.' });
  }
  const signed = new Set<string>();
  for (const path of isSigned ? others : [])
    if (path.endsWith('.json') && (await read(signedPath(path))) !== undefined) signed.add(path);
  return signed;
}

const signedPath = (path: string): string => path.replace(/\.json$/, '.sjson');

async function readObject(read: ReadText, path: string, format: string): Promise<JsonObject | undefined> {
  const text = await read(path);
  if (text === undefined) return undefined;
  const body = parsedJson(text);
  if (!isObject(body) || body.format !== format) throw notUnderstood(path);
  return body;
}

const notUnderstood = (path: string): Error =>
  conflictError(`the folder has a ${path} that is not understood, and it is kept as it is`, {
    hint: 'Specify another folder.',
  });

const rfc2822 = (date: Date): string => date.toUTCString().replace('GMT', '+0000');

/** As they are to be written, in that order. The same for the same tree, unless something was added. */
export function documentsOf(all: Documents, isSigned: boolean): readonly TreeDocument[] {
  const updated = updatedAt(all);
  const body = { ...all.head, content_id: contentId, datatype: 'image-downloads', format: 'products:1.0', updated };
  const images = textOf({ ...body, products: all.products });
  const plain = (path: string, text: string): TreeDocument => ({ path, text, isSigned: false });
  const signed = (path: string, text: string): readonly TreeDocument[] =>
    isSigned ? [{ path: signedPath(path), text, isSigned: true }] : [];
  const entries = entriesOf(all, updated);
  return [
    plain(`${products}.json`, images),
    ...signed(`${products}.json`, images),
    plain(start, indexText(all, entries, updated)),
    ...signed(start, indexText(all, inSignedForm(entries, all.signed), updated)),
  ];
}

/** Never older than it was: readers refuse that. */
function updatedAt({ changedAt, head }: Documents): string {
  const before = textIn(head.updated);
  const old = before === undefined ? NaN : Date.parse(before);
  if (before !== undefined && (!changedAt || old > changedAt.getTime())) return before;
  return rfc2822(changedAt ?? new Date(0));
}

function entriesOf({ index: top, products: listed }: Documents, updated: string): JsonObject {
  const entries = isObject(top.index) ? top.index : {};
  const own = isObject(entries[contentId]) ? entries[contentId] : {};
  const said = {
    datatype: 'image-downloads',
    format: 'products:1.0',
    path: `${products}.json`,
    products: Object.keys(listed),
    updated,
  };
  return { ...entries, [contentId]: { ...own, ...said } };
}

const inSignedForm = (entries: JsonObject, signed: ReadonlySet<string>): JsonObject =>
  Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => {
      const path = isObject(entry) ? (textIn(entry.path) ?? '') : '';
      const isBoth = name === contentId || signed.has(path);
      return [name, isObject(entry) && isBoth ? { ...entry, path: signedPath(path) } : entry];
    }),
  );

const indexText = ({ index: top }: Documents, entries: JsonObject, updated: string): string =>
  textOf({ ...top, format: 'index:1.0', index: entries, updated });

const textOf = (body: JsonObject): string => `${JSON.stringify(body, undefined, 1)}\n`;
