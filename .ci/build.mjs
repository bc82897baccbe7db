// Builds dist/: the program and its packages as CommonJS, split by command and driver, and the answers that are known beforehand.
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { build, rolldown } from 'rolldown';
import { createRequire } from 'node:module';
import { billOfMaterials, bundledPackages, licenceTexts } from './third-party.mjs';
import { bundleTypes } from './types.mjs';

/**
 * Parts of got (HTTP/2, caches), of conf (JSON Schemas) and of commander (subcommands that are programs) that are never used here,
 * and cost tens of milliseconds to load.
 */
const leftOut = {
  'http2-wrapper': 'export default {};',
  'ajv/dist/2020.js': 'export class Ajv2020 {}',
  'ajv-formats': 'export default { default: () => undefined };',
  'node:child_process': 'export default {};',
  'cacheable-lookup': 'export default class {}',
  'cacheable-request': 'export default class {}\nexport class CacheError extends Error {}',
};
/** Work done when a module is loaded, put off until it is needed. */
const putOff = [
  {
    file: '@sindresorhus/is/distribution/index.js',
    from: /const (\w+Formatter) = new Intl\.ListFormat\((.*?)\);/g,
    to: 'const $1 = { format: (list) => new Intl.ListFormat($2).format(list) };',
  },
];

const hits = new Set();
/** Modules that every command loads, and those that so many do that one file of them costs less than one for each. */
const together = new Set();
/** Those of them that completion needs, too. */
const withCompletion = new Set();
const isCommand = (id) => /src\/cli\/commands\/(?!index\.)/.test(id);
const isDriver = (id) => /src\/drivers\/[^_/]+\/index\.ts$/.test(id);
/** The share of all commands, and of all drivers, that make a module one of those. */
const shares = [
  { of: isCommand, least: 0.3 },
  { of: isDriver, least: 0.8 },
];
/** The modules that come with one, by static imports. */
function closure(id, info, found = new Set()) {
  if (found.has(id)) return found;
  found.add(id);
  for (const imported of info(id)?.importedIds ?? []) closure(imported, info, found);
  return found;
}
const lean = {
  name: 'lean',
  buildEnd() {
    const info = (id) => this.getModuleInfo(id);
    const entry = (end) => [...this.getModuleIds()].find((id) => id.endsWith(end));
    const ofCompletion = closure(entry('src/cli/completion/answer.ts'), info);
    const main = entry('src/main.ts');
    const usual = [...closure(main, info)];
    for (const { of, least } of shares) {
      const all = [...this.getModuleIds()].filter(of);
      const needed = all.map((id) => closure(id, info));
      const own = new Set(needed.flatMap((ids) => [...ids].filter((id) => id.includes('/src/') && !of(id))));
      for (const id of own) if (needed.filter((ids) => ids.has(id)).length >= least * all.length) usual.push(id);
    }
    // What a list needs of the engine other entries need too: by itself it would be one file for each of them.
    const ofList = closure(entry('src/cli/commands/list.ts'), info);
    usual.push(...[...ofList].filter((id) => /src\/(core|engine|cli\/(batch|options))\//.test(id)));
    // So would what the store needs of the core that every run without a profile begins with.
    const ofStore = closure(entry('src/drivers/local/index.ts'), info);
    usual.push(...[...ofStore].filter((id) => /src\/core\//.test(id)));
    // Its own file is called the same whatever is in it; compiled code is kept only for files that are named by their content.
    for (const id of usual) if (id !== main) (ofCompletion.has(id) ? withCompletion : together).add(id);
  },
  resolveId(id, importer) {
    // Of Node's own, only what that package asks for.
    const wanted = !id.startsWith('node:') || importer?.includes('/commander/');
    return wanted && Object.hasOwn(leftOut, id) ? `\0${id}` : null;
  },
  load(id) {
    if (!id.startsWith('\0') || !Object.hasOwn(leftOut, id.slice(1))) return null;
    hits.add(id.slice(1));
    return leftOut[id.slice(1)];
  },
  transform(code, id) {
    const change = putOff.find(({ file }) => id.endsWith(file));
    if (!change || !change.from.test(code)) return null;
    hits.add(change.file);
    return code.replace(change.from, change.to);
  },
};

await rm('dist', { recursive: true, force: true });
const bundle = await rolldown({
  // What completion needs is loaded alone: a shell waits for it at every press of the tab key.
  input: {
    main: 'src/main.ts',
    index: 'src/index.ts',
    complete: 'src/cli/completion/answer.ts',
    'join-worker': 'src/transfer/writers/join-worker.ts',
  },
  platform: 'node',
  tsconfig: 'tsconfig.json',
  preserveEntrySignatures: 'allow-extension',
  plugins: [lean],
  onLog: (level, log, handle) => log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT' && handle(level, log),
});
const { output } = await bundle.write({
  dir: 'dist',
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name]-[hash].cjs',
  minify: true,
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [
      { name: 'usual', test: (id) => together.has(id) },
      { name: 'common', test: (id) => withCompletion.has(id) },
    ],
  },
});
await bundle.close();
// What loads all the others is one file that needs none of them.
await build({
  input: { start: 'src/start.ts' },
  platform: 'node',
  tsconfig: 'tsconfig.json',
  output: { dir: 'dist', format: 'cjs', entryFileNames: '[name].cjs', minify: true },
});
// A new version of a package may have moved what is changed above: better no build than a slow one that nobody notices.
const missed = [...Object.keys(leftOut), ...putOff.map(({ file }) => file)].filter((name) => !hits.has(name));
if (missed.length > 0) throw new Error(`nothing to change was found in ${missed.join(', ')}`);

const own = JSON.parse(await readFile('package.json', 'utf8'));
const packages = bundledPackages(
  output.flatMap((chunk) => chunk.moduleIds ?? []),
  Object.keys(own.devDependencies),
);
await writeFile('dist/sbom.cdx.json', `${JSON.stringify(billOfMaterials(own, packages), null, 2)}\n`);
await writeFile('dist/THIRD_PARTY_LICENSES.txt', licenceTexts(packages));

// The programmatic API: what `require` gets, by name for `import`, and its types for both.
const names = Object.keys(createRequire(import.meta.url)('../dist/index.cjs'));
await writeFile('dist/index.mjs', `import api from './index.cjs';\nexport const { ${names.join(', ')} } = api;\n`);
await bundleTypes('dist/index.d.cts');
await writeFile('dist/index.d.mts', "export * from './index.cjs';\n");

const say = (...args) =>
  execFileSync(process.execPath, ['-e', `require('./dist/main.cjs').main(process)`, '--', 'imgctl', ...args], {
    encoding: 'utf8',
  });
const verbs = [...say('help').matchAll(/^  ([a-z]+(?: [a-z]+)?)  +[A-Z]/gm)].map(([, verb]) => verb);
await mkdir('dist/help');
await writeFile('dist/version.txt', say('--version'));
await writeFile('dist/help.txt', say('help'));
await writeFile('dist/imgctl.1', say('help', 'man'));
await writeFile('dist/complete.json', say('completion', 'json'));
for (const verb of verbs) await writeFile(`dist/help/${verb.replace(' ', '-')}.txt`, say('help', ...verb.split(' ')));
