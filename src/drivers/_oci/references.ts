import { isObject } from '../../core/json.ts';
import { isImageType } from './media-types.ts';

/** A digest that stands in a document. */
export interface DigestReference {
  readonly digest: string;
  /** What it names is a manifest or an index by its place or type: what that leads to has to be known too. */
  readonly isList: boolean;
  /** What it names is known to lead nowhere: a disk, a record, a layer. */
  readonly isLeaf: boolean;
  /** It is said to be an image of ours. */
  readonly isOurs: boolean;
}

/** A digest that stands by itself. */
export const bare = (digest: string): DigestReference => ({ digest, isList: false, isLeaf: false, isOurs: false });

const leafTypes =
  /^application\/vnd\.(?:imgctl\.(?:disk|record)|oci\.(?:empty|image\.(?:config|layer))|docker\.(?:container\.image|image\.rootfs))\b/;
const listTypes = /(?:manifest|index)[\w.+-]*json/;
/** Fields of an index and a manifest whose descriptors are lists themselves. */
const listFields: ReadonlySet<string> = new Set(['manifests', 'subject']);
const digestPattern = /(?:[a-z0-9]+(?:[+._-][a-z0-9]+)*:)?[0-9a-f]{32,}/gi;
const bareAlgorithms: Readonly<Record<number, string>> = { 64: 'sha256', 128: 'sha512' };

function normalised(text: string): string | undefined {
  const digest = text.toLowerCase();
  if (digest.includes(':')) return digest;
  const algorithm = bareAlgorithms[digest.length];
  return algorithm === undefined ? undefined : `${algorithm}:${digest}`;
}

/** Every digest in a text, in whatever form: what looks like one counts as one. */
export const digestsIn = (text: string): readonly string[] =>
  [...text.matchAll(digestPattern)].flatMap(([found]) => normalised(found) ?? []);

/**
 * Every digest in a JSON value, wherever it stands and whatever is beside it: who asks what is still needed must not pass
 * over what another tool wrote in a form of its own. `isList`: the value itself stands where lists are named.
 */
export function referencesIn(value: unknown, isList = false): readonly DigestReference[] {
  const found: DigestReference[] = [];
  const open: { readonly value: unknown; readonly isList: boolean }[] = [{ value, isList }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value: each } = next;
    const inList = next.isList;
    if (typeof each === 'string') found.push(...digestsIn(each).map(bare));
    else if (Array.isArray(each)) for (const one of each as readonly unknown[]) open.push({ value: one, isList: inList });
    else if (isObject(each)) {
      const type = typeof each.mediaType === 'string' ? each.mediaType : '';
      const kind = {
        isList: inList || listTypes.test(type),
        isLeaf: !inList && leafTypes.test(type),
        isOurs: isImageType(each.artifactType),
      };
      if (typeof each.digest === 'string') found.push(...digestsOf(each.digest).map((digest) => ({ digest, ...kind })));
      for (const [key, one] of Object.entries(each)) {
        open.push({ value: key, isList: false });
        if (key !== 'digest' || typeof one !== 'string') open.push({ value: one, isList: listFields.has(key) });
      }
    }
  }
  return found;
}

/** A digest as it was written counts also where it is of a form that is not known. */
function digestsOf(text: string): readonly string[] {
  const known = digestsIn(text);
  return known.length > 0 ? known : [text];
}
