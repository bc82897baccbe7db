// npm run new:driver NAME: the smallest driver that is whole (sign-in, list, show), its fake cloud and its tests, made from new-driver/.
// The templates lie as their copies will, and TypeScript takes them for lying there (`rootDirs`): the check keeps them whole. What is made up
// says so by its name: everything `acme` becomes NAME, and the provider's own words are yours to put in.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';

const root = path.resolve(import.meta.dirname, '..');
const templates = path.join(import.meta.dirname, 'new-driver');
const [name = ''] = process.argv.slice(2);

function refuse(reason) {
  console.error(`new:driver: ${reason}`);
  process.exit(2);
}

const read = (file) => readFileSync(path.join(root, file), 'utf8');
const named = (text) =>
  text
    .replaceAll('acme', name)
    .replaceAll('Acme', name[0].toUpperCase() + name.slice(1))
    .replaceAll('ACME', name.toUpperCase());

/** Where a template goes. One of a test has another name here, so that nobody takes it for a test. */
const placeOf = (file) => named(file.replaceAll(path.sep, '/')).replace(/^(test\/drivers\/.*)\.ts$/, '$1.test.ts');

async function write(file, text) {
  const to = path.join(root, file);
  mkdirSync(path.dirname(to), { recursive: true });
  const options = await resolveConfig(to);
  writeFileSync(to, file.endsWith('.ts') ? await format(text, { ...options, filepath: to }) : text);
  console.log(file);
}

/** Lines of the program that already use the name as a word: it would be taken for the provider's there. */
const usersOf = (word) =>
  readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      read(path.join('src', file))
        .split('\n')
        .flatMap((line, index) => (new RegExp(`\\b${word}\\b`, 'i').test(line) ? [`src/${file}:${index + 1}`] : [])),
    );

/** A name as the key of an object, and as a part of other names. */
const key = (driver) => (/^\w+$/.test(driver) ? driver : `'${driver}'`);
const camelCase = (driver) => driver.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());

/** `drivers/index.ts` with one more line, in alphabetical order. */
function withDriver(text) {
  const line = (driver) => `  ${key(driver)}: () => import('./${driver}/index.ts'),`;
  const there = [...text.matchAll(/^  '?([\w-]+)'?: \(\) => import\('\.\/\1\/index\.ts'\),$/gm)].map(([, driver]) => driver);
  const sorted = [...there, name].sort();
  return { sorted, text: text.replace(there.map(line).join('\n'), sorted.map(line).join('\n')) };
}

/** `test/clouds/index.ts` with one more provider, in alphabetical order. */
function withStage(text) {
  const entry = (driver) => `  ${key(driver)}: ${camelCase(driver)}Stage,`;
  const load = (driver) => `import { ${camelCase(driver)}Stage } from './${driver}/stage.ts';`;
  const there = [...text.matchAll(/^  '?([\w-]+)'?: \w+Stage,$/gm)].map(([, driver]) => driver);
  const lines = (of) => (drivers) => drivers.map(of).join('\n');
  const sorted = [...there, name].sort();
  return [lines(entry), lines(load)].reduce((all, written) => all.replace(written(there), written(sorted)), text);
}

/** README with one more column in the table of verbs, where the driver stands among the others. */
function withColumn(text, drivers, verbs) {
  const at = drivers.indexOf(name) + 1;
  const cell = (first) => (first === 'verb' ? name : first === '---' ? '---' : verbs.includes(first) ? '✓' : '–');
  let isInside = false;
  return text
    .split('\n')
    .map((line) => {
      if (line.startsWith('| verb |')) isInside = true;
      else if (!line.startsWith('|')) isInside = false;
      if (!isInside) return line;
      const cells = line.split('|').slice(1, -1);
      cells.splice(at, 0, line.startsWith('|---') ? '---' : ` ${cell(cells[0].trim())} `);
      return `|${cells.join('|')}|`;
    })
    .join('\n');
}

if (!/^[a-z][a-z0-9]{1,19}$/.test(name)) refuse('NAME is the provider in lower-case letters and digits, such as hetzner');
if (existsSync(path.join(root, 'src/drivers', name))) refuse(`src/drivers/${name} is there already`);
const users = usersOf(name);
if (users.length > 0)
  refuse(`"${name}" is a word of the program already: reword ${users.join(', ')} first, or choose another name`);

for (const entry of readdirSync(templates, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = path.join(entry.parentPath, entry.name);
  await write(placeOf(path.relative(templates, file)), named(readFileSync(file, 'utf8')));
}
const { text, sorted } = withDriver(read('src/drivers/index.ts'));
await write('src/drivers/index.ts', text);
await write('test/clouds/index.ts', withStage(read('test/clouds/index.ts')));
await write('README.md', withColumn(read('README.md'), sorted, ['list', 'show']));

console.log(`
The driver is whole, and its provider made up. See that it is green:

    npm run check && npx vitest run --config test/vitest.config.ts test/house.test.ts test/clouds test/security test/drivers/${name}

Then, with the provider's documentation beside you: title, docs, fields and ids in src/drivers/${name}/index.ts; record.ts, errors.ts and
the fake cloud in the provider's own words; and a file for each further verb. src/drivers/README.md has the rules.`);
