import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Script } from 'node:vm';
import { makeFolder } from './mkdir.ts';
import { isPrivateFolder, readPrivateFile } from './private-file.ts';

/** Loads the CommonJS files of a built program. */
export interface Loader {
  /**
   * What a file exports. It may ask for parts of Node, and for files beside it by `./` and their name. Throws what Node throws
   * for a file that is not there.
   */
  load(file: string): unknown;
  /**
   * Keeps the code that V8 has made until now, if any is new. Only the first time counts: V8 takes code only under the flags that
   * it was made with, so this is called before they change, and what is made later is not kept. Throws nothing.
   */
  keep(): void;
}

type Codes = ReadonlyMap<string, Buffer>;
interface Loaded {
  readonly module: { exports: unknown };
  readonly script: Script;
}

/** Names with a digest of the content: the code that was made of such a file fits it for ever. */
const namedByContent = /-[\w-]{8}\.cjs$/;
const mostBytes = 4 << 20;
const ageMs = 30 * 86_400_000;
const newLine = 10;

/**
 * A loader that gives V8 the code it made of the same files in an earlier run, and keeps what it makes in this one in `file`: a
 * third of a short run is compiling otherwise. Node's own compile cache holds a file as it was before anything of it ran,
 * without the functions that V8 compiles when they are first called (`vm.Script`, "createCachedData"), and lies in a folder
 * that everybody may write to. Without a `file`, or where it cannot be read or written, all is as right, and slower.
 */
export function loaderWith(file: string | undefined): Loader {
  const kept: Codes = file === undefined ? new Map() : readCodes(file);
  const loaded = new Map<string, Loaded>();
  let isNew = false;
  let isDone = false;

  function load(wanted: string): unknown {
    const known = loaded.get(wanted);
    if (known) return known.module.exports;
    const name = path.basename(wanted);
    const source = readFileSync(wanted, 'utf8');
    const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
      filename: wanted,
      cachedData: kept.get(name),
    });
    isNew ||= namedByContent.test(name) && script.cachedDataRejected !== false;
    const module = { exports: {} };
    loaded.set(wanted, { module, script });
    const folder = path.dirname(wanted);
    const ask = (id: string): unknown => (id.startsWith('./') ? load(path.join(folder, id)) : partOfNode(id));
    const run = script.runInThisContext() as (...given: readonly unknown[]) => void;
    run(module.exports, ask, module, wanted, folder);
    return module.exports;
  }

  return {
    load,
    keep() {
      if (isDone || file === undefined) return;
      isDone = true;
      if (!isNew) return;
      const made = [...loaded].map(([from, { script }]) => [path.basename(from), script] as const);
      const fresh = new Map(
        made.filter(([name]) => namedByContent.test(name)).map(([name, script]) => [name, script.createCachedData()]),
      );
      const all = new Map([...kept, ...fresh]);
      writeCodes(file, sizeOf(all) > mostBytes ? fresh : all);
    },
  };
}

function partOfNode(id: string): unknown {
  const part: unknown = process.getBuiltinModule(id);
  if (part === undefined) throw new Error(`${id} is no part of Node ${process.version}`);
  return part;
}

const sizeOf = (codes: Codes): number => [...codes.values()].reduce((sum, { length }) => sum + length, 0);

const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
const digestLength = 32;

/**
 * The digest of what follows: a line of JSON with the names and sizes, and the codes. V8 itself looks at the beginning of a code
 * only, and ends the process over what is damaged behind that; of the source it compares the length. So the file must be as safe
 * as the program is: what somebody else may have written counts as none, as does what cannot be read.
 */
function readCodes(file: string): Codes {
  try {
    if (!isPrivateFolder(path.dirname(file))) return new Map();
    const whole = readPrivateFile(file);
    const bytes = whole.subarray(digestLength);
    if (!digestOf(bytes).equals(whole.subarray(0, digestLength))) return new Map();
    const end = bytes.indexOf(newLine);
    const sizes = JSON.parse(bytes.toString('utf8', 0, end)) as readonly (readonly [string, number])[];
    let at = end + 1;
    return new Map(sizes.map(([name, size]) => [name, bytes.subarray(at, (at += size))]));
  } catch {
    return new Map();
  }
}

/** Whole or not at all. */
function writeCodes(file: string, codes: Codes): void {
  const draft = `${file}.${randomUUID()}.tmp`;
  const header = JSON.stringify([...codes].map(([name, { length }]) => [name, length]));
  const bytes = Buffer.concat([Buffer.from(`${header}\n`), ...codes.values()]);
  try {
    makeFolder(path.dirname(file), 0o700);
    if (!isPrivateFolder(path.dirname(file))) return;
    removeOld(path.dirname(file));
    try {
      writeFileSync(draft, Buffer.concat([digestOf(bytes), bytes]), { mode: 0o600, flag: 'wx' });
      renameSync(draft, file);
    } finally {
      rmSync(draft, { force: true });
    }
  } catch {
    // Where nothing can be kept all is as right.
  }
}

/** Names of files of kept code, and of their drafts. */
const codeName = /^v\d[\w.-]*$/;

/** The code of a Node that is no longer used, and what killed processes left. What is not ours stays. */
function removeOld(folder: string): void {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    if (codeName.test(name) && Date.now() - statSync(file).mtimeMs > ageMs) rmSync(file, { force: true });
  }
}
