// What is bundled: a CycloneDX list of the packages, their licences in full, and the reason for each.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Why each package that imgctl itself imports is in the bundle. */
export const reasons = {
  chalk: 'colours in tables and messages',
  'cli-table3': 'tables on a terminal',
  commander: 'reads the command line',
  conf: 'writes the profile store',
  'fastest-levenshtein': 'the nearest name to a mistyped one',
  got: 'API calls',
  ini: "reads other tools' configuration",
  ora: 'the spinner',
  'p-limit': 'bounds what is done at once',
  'string-width': 'width of text beyond ASCII',
  'xz-decompress': 'reads xz',
  yaml: "writes YAML, reads other tools' configuration",
  zstddec: 'reads zstd where Node does not',
};

/** C code that a package's WebAssembly was compiled from. No `version`: the package does not tell it. */
const compiledIn = {
  zstddec: [{ name: 'zstd', version: '1.5.7', license: 'BSD-3-Clause', home: 'https://github.com/facebook/zstd' }],
  'xz-decompress': [{ name: 'xz-embedded', license: '0BSD', home: 'https://tukaani.org/xz/embedded.html' }],
};

/** The digest to which the lockfile holds a package of this version, in hex. Throws where it has none. */
function lockedDigest({ name, version }) {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const [, locked] =
    Object.entries(packages).find(([at, each]) => at.endsWith(`node_modules/${name}`) && each.version === version) ?? [];
  const [algorithm, digest] = locked?.integrity?.split('-') ?? [];
  if (algorithm !== 'sha512') throw new Error(`the lockfile has no SHA-512 of ${name}`);
  return Buffer.from(digest, 'base64').toString('hex');
}

/** Folder of the package that a module belongs to, absent if it is not a package's. */
function packageFolder(module) {
  const found = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(module.replaceAll('\\', '/').replace(/^\0/, ''));
  return found?.[1];
}

/** The packages behind a bundle's modules, by name and version. Throws when one that imgctl imports has no reason given, or no reason is left. */
export function bundledPackages(modules, directNames) {
  const folders = [...new Set(modules.map(packageFolder).filter((folder) => folder !== undefined))].sort();
  const packages = folders.map((folder) => {
    const { name, version, license, homepage, repository } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = file && existsSync(path.join(folder, file)) ? readFileSync(path.join(folder, file), 'utf8').trim() : undefined;
    return {
      name,
      version,
      license,
      homepage: homepage ?? repository?.url ?? repository,
      text,
      reason: reasons[name] ?? 'needed by one of the others',
    };
  });
  const names = new Set(packages.map(({ name }) => name));
  const unexplained = directNames.filter((name) => names.has(name) && !reasons[name]);
  if (unexplained.length > 0) throw new Error(`no reason is given for bundling ${unexplained.join(', ')}`);
  const idle = Object.keys(reasons).filter((name) => !names.has(name));
  if (idle.length > 0) throw new Error(`a reason is given for ${idle.join(', ')}, which is not bundled`);
  return packages;
}

const compiledComponent = ({ name, version, license, home }) => ({
  type: 'library',
  name,
  ...(version ? { version } : {}),
  description: 'compiled to WebAssembly',
  licenses: [{ license: { id: license } }],
  externalReferences: [{ type: 'website', url: home }],
});

/** CycloneDX 1.5. */
export const billOfMaterials = ({ name, version }, packages) => ({
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: { component: { type: 'application', name, version } },
  components: packages.map((one) => ({
    type: 'library',
    name: one.name,
    version: one.version,
    purl: `pkg:npm/${one.name.replace('@', '%40')}@${one.version}`,
    description: one.reason,
    hashes: [{ alg: 'SHA-512', content: lockedDigest(one) }],
    licenses: [/ /.test(one.license) ? { expression: one.license } : { license: { id: one.license } }],
    ...(compiledIn[one.name] ? { components: compiledIn[one.name].map(compiledComponent) } : {}),
  })),
});

const rule = `\n\n${'-'.repeat(80)}\n\n`;
/** Where the terms begin: behind the last paragraph that says whose the copyright is. */
const noticeOf = (text) => /^[^]*^\W*Copyright\b[^]*?(?:\n\s*\n|$)/m.exec(text)?.[0] ?? '';

/** The notice of every package, and the terms once for all that have the same. */
export function licenceTexts(packages) {
  const byTerms = new Map();
  for (const one of packages) {
    const text = one.text ?? `${one.license}; the package ships no text of it. ${one.homepage ?? ''}`;
    const notice = noticeOf(text);
    const terms = text.slice(notice.length).trim();
    const key = terms.replaceAll(/\s+/g, ' ');
    const group = byTerms.get(key) ?? byTerms.set(key, { terms, notices: [] }).get(key);
    group.notices.push(`${one.name} ${one.version} (${one.license}): ${one.reason}\n\n${notice}`.trim());
  }
  const all = [...byTerms.values()].map(({ terms, notices }) => {
    const heading = notices.length > 1 ? `The terms of each of the ${notices.length} packages above:\n\n` : '';
    return `${notices.join('\n\n')}\n\n${heading}${terms}`.trim();
  });
  return `${all.join(rule)}\n`;
}
