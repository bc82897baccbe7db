// Writes the types of the programmatic API into one file: of what the compiler declares, what can be reached from src/index.ts.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** Declares all that src/index.ts needs, and gives the folder. */
async function declared() {
  const folder = await mkdtemp(path.join(tmpdir(), 'imgctl-types-'));
  const settings = {
    extends: path.resolve('tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      outDir: folder,
      rootDir: path.resolve('.'),
      typeRoots: [path.resolve('node_modules/@types')],
    },
    include: [],
    files: [path.resolve('src/index.ts')],
  };
  const file = path.join(folder, 'tsconfig.json');
  await writeFile(file, JSON.stringify(settings));
  execFileSync(process.execPath, [path.resolve('node_modules/typescript/bin/tsc'), '-p', file], { stdio: 'inherit' });
  return folder;
}

const withoutComments = (text) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
/** A value is meant only where its type is asked for; else a field bears the same name. */
const isMeant = (word, code) => /^[A-Z]/.test(word) || new RegExp(`typeof ${word}\\b`).test(code);
const namesIn = ({ declaration: node }) =>
  node.type === 'VariableDeclaration' ? node.declarations.map(({ id }) => id.name) : [node.id.name];

/** What a file of declarations has: its declarations by name, what it imports and hands on, each as file and name. */
async function moduleAt(file) {
  const text = await readFile(file, 'utf8');
  const found = { locals: new Map(), links: new Map(), all: [] };
  const at = (source) => path.resolve(path.dirname(file), source.value).replace(/\.ts$/, '.d.ts');
  let end = 0;
  for (const node of parseAst(text, { lang: 'dts' }).body) {
    const [before, isExport] = [text.slice(end, node.start), node.type.startsWith('Export')];
    end = node.end;
    if (node.type === 'ImportDeclaration')
      for (const { local, imported } of node.specifiers)
        found.links.set(local.name, { file: at(node.source), name: imported?.name });
    else if (node.type === 'ExportAllDeclaration') found.all.push(at(node.source));
    else if (isExport && !node.declaration)
      for (const { local, exported } of node.specifiers)
        found.links.set(exported.name, { file: node.source ? at(node.source) : file, name: local.name });
    else {
      const one = isExport ? node : { declaration: node };
      const comment = before.slice(Math.max(0, before.lastIndexOf('/**'))).trim();
      const code = text.slice(one.declaration.start, node.end).replace(/^declare /, '');
      const kept = { code, comment: comment.startsWith('/**') ? comment : '', isType: /^(interface|type) /.test(code) };
      for (const name of namesIn(one)) found.locals.set(name, kept);
    }
  }
  return found;
}

/** Writes the types that `src/index.ts` exports to a file that needs no other. */
export async function bundleTypes(target) {
  const folder = await declared();
  const modules = new Map();
  const open = async (file) => modules.get(file) ?? modules.set(file, await moduleAt(file)).get(file);
  const whose = async (file, name) => {
    const { locals, links, all } = await open(file);
    if (locals.has(name)) return { file, name };
    if (links.has(name)) return whose(links.get(name).file, links.get(name).name);
    for (const other of all) {
      const found = await whose(other, name);
      if (found) return found;
    }
    return undefined;
  };
  const taken = new Map();
  const take = async ({ file, name }) => {
    if (taken.get(name)?.file === file) return;
    if (taken.has(name)) throw new Error(`two things are called ${name}: ${file}, ${taken.get(name).file}`);
    const { locals, links } = await open(file);
    const { code, comment, isType } = locals.get(name);
    if (/\bimport\(/.test(code)) throw new Error(`the type of ${name} in ${file} is not written down`);
    const entry = { file, text: '' };
    taken.set(name, entry);
    const renamed = new Map();
    for (const word of new Set(withoutComments(code).match(/[A-Za-z_$][\w$]*/g)))
      if (word !== name && (locals.has(word) || links.has(word)) && isMeant(word, code)) {
        const owner = await whose(file, word);
        if (!owner) continue;
        renamed.set(word, owner.name);
        await take(owner);
      }
    const text = code.replace(/[A-Za-z_$][\w$]*/g, (word) => renamed.get(word) ?? word);
    entry.text = `${comment ? `${comment}\n` : ''}${isType ? text : `declare ${text}`}`;
  };
  const index = path.join(folder, 'src/index.d.ts');
  const { links, locals } = await open(index);
  const names = [...locals.keys(), ...links.keys()];
  const exported = [];
  for (const name of names) {
    const owner = await whose(index, name);
    const importedOnly = !new RegExp(`export[^;]*\\b${name}\\b`).test(await readFile(index, 'utf8'));
    if (!owner || importedOnly) continue;
    await take(owner);
    const isType = (await open(owner.file)).locals.get(owner.name).isType;
    exported.push(`${isType ? 'type ' : ''}${owner.name}${owner.name === name ? '' : ` as ${name}`}`);
  }
  await rm(folder, { recursive: true, force: true });
  await writeFile(target, `${[...taken.values()].map(({ text }) => text).join('\n\n')}\n\nexport { ${exported.join(', ')} };\n`);
}
