import { providerError, type Circumstances } from '../../core/errors.ts';

/** An element: its text, the rows of a list, or what is in it by name. */
export type Xml = string | readonly Xml[] | { readonly [name: string]: Xml };
export type XmlObject = { readonly [name: string]: Xml };

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function character(whole: string, name: string): string {
  if (!name.startsWith('#')) return named[name] ?? whole;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}

/** Each entity once: what comes out of one is text, and no other one. */
const decoded = (text: string): string =>
  text.includes('&') ? text.replace(/&(#\d{1,7}|#x[\da-f]{1,6}|\w{2,4});/gi, character) : text;

/** Deeper than any answer goes. */
const deepest = 40;

/** An element that has been opened and not closed. */
interface Open {
  readonly name: string;
  readonly children: [name: string, value: Xml][];
  text: string;
}

/** Rows stand in elements of this name. */
const row = 'item';

function valueOf({ children, text }: Open): Xml {
  if (children.length === 0) return text;
  if (children.every(([name]) => name === row)) return children.map(([, value]) => value);
  return Object.fromEntries(children);
}

/**
 * Reads a document as the Query APIs write them: elements and text, `<item>` for the rows of a list; attributes are passed over. A name
 * that is there twice counts the last time. `root` is the name that the outermost element has to have. Throws PROVIDER for what is no such document, and for one with definitions of its own.
 */
export function parseXml(document: string, what: string, root?: string, more: Circumstances = {}): XmlObject {
  const refuse = (reason: string): never => {
    throw providerError(`${what}: the answer is no XML document of the API (${reason})`, more);
  };
  const open: Open[] = [{ name: '', children: [], text: '' }];
  for (let at = 0; at < document.length;) {
    const top = open.at(-1) ?? refuse('it is not nested');
    const begin = document.indexOf('<', at);
    top.text += decoded(document.slice(at, begin < 0 ? undefined : begin));
    if (begin < 0) break;
    const isComment = document.startsWith('<!--', begin);
    const end = document.indexOf(isComment ? '-->' : '>', begin);
    if (end < 0) refuse('it ends in the middle');
    at = end + (isComment ? 3 : 1);
    const tag = document.slice(begin + 1, end);
    if (isComment || tag.startsWith('?')) continue;
    if (tag.startsWith('!')) refuse('it has definitions');
    if (tag.startsWith('/')) {
      if (open.length === 1 || top.name !== tag.slice(1).trim()) refuse('it is not nested');
      open.pop();
      open.at(-1)?.children.push([top.name, valueOf(top)]);
      continue;
    }
    const name = /^[^\s/]+/.exec(tag)?.[0] ?? refuse('an element has no name');
    if (tag.endsWith('/')) top.children.push([name, '']);
    else if (open.push({ name, children: [], text: '' }) > deepest) refuse('it is too deep');
  }
  const [outside] = open;
  const [only] = outside?.children ?? [];
  if (open.length !== 1 || outside?.children.length !== 1 || !only || outside.text.trim() !== '')
    return refuse('it is not whole');
  if (root !== undefined && only[0] !== root) return refuse(`it is a ${only[0]}`);
  return isXmlObject(only[1]) ? only[1] : {};
}

const isXmlObject = (value: Xml | undefined): value is XmlObject => typeof value === 'object' && !Array.isArray(value);

/** What is in an element by name; nothing in one that is absent, empty, or something else. */
export const objectIn = (value: Xml | undefined): XmlObject => (isXmlObject(value) ? value : {});

/** The rows of a list; one that is absent or empty has none. */
export const rowsIn = (value: Xml | undefined): readonly XmlObject[] => (Array.isArray(value) ? value.filter(isXmlObject) : []);

/** A text; absent for what is none. An empty one is there. */
export const textIn = (value: Xml | undefined): string | undefined => (typeof value === 'string' ? value : undefined);
