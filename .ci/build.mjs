// Builds dist/: the program and its packages as CommonJS, split by command and driver, and the answers that are known beforehand.
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { rolldown } from 'rolldown';

/** Parts of got that are never used here (HTTP/2, caches), and that cost tens of milliseconds to load. */
const leftOut = {
  'http2-wrapper': 'export default {};',
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
const lean = {
  name: 'lean',
  resolveId: (id) => (Object.hasOwn(leftOut, id) ? `\0${id}` : null),
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
  input: { main: 'src/main.ts', complete: 'src/cli/completion/answer.ts' },
  platform: 'node',
  tsconfig: 'tsconfig.json',
  plugins: [lean],
  onLog: (level, log, handle) => log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT' && handle(level, log),
});
await bundle.write({ dir: 'dist', format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs', minify: true });
await bundle.close();
// A new version of a package may have moved what is changed above: better no build than a slow one that nobody notices.
const missed = [...Object.keys(leftOut), ...putOff.map(({ file }) => file)].filter((name) => !hits.has(name));
if (missed.length > 0) throw new Error(`nothing to change was found in ${missed.join(', ')}`);

const say = (...args) =>
  execFileSync(process.execPath, ['-e', `require('./dist/main.cjs').main(process)`, '--', 'imgctl', ...args], { encoding: 'utf8' });
const verbs = [...say('help').matchAll(/^  ([a-z]+(?: [a-z]+)?)  +[A-Z]/gm)].map(([, verb]) => verb);
await mkdir('dist/help');
await writeFile('dist/version.txt', say('--version'));
await writeFile('dist/help.txt', say('help'));
await writeFile('dist/complete.json', say('completion', 'json'));
for (const verb of verbs) await writeFile(`dist/help/${verb.replace(' ', '-')}.txt`, say('help', ...verb.split(' ')));
