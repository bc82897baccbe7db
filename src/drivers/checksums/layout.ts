import { configError } from '../../core/errors.ts';
import { architectureOf } from '../../core/architecture.ts';
import { placeholdersIn, type Placeholder } from './placeholder.ts';

/** One release of what is published. */
export interface Release {
  /** As it stands in addresses, for `{release}`. */
  readonly word: string;
  /** For `{version}`. */
  readonly version: string;
  readonly aliases: readonly string[];
  /** The day on which its support ends. */
  readonly end: string | undefined;
}

/** One architecture, in the words of images and in those of the publisher, for `{arch}`. */
export interface Architecture {
  readonly name: string;
  readonly word: string;
}

/** One place of files: of a release and an architecture, where each has its own. */
export interface Folder {
  readonly release: Release | undefined;
  readonly arch: Architecture | undefined;
}

/** Where files lie, and what their names say. */
export interface Layout {
  readonly url: string;
  readonly mirror: string | undefined;
  readonly current: string | undefined;
  /** Checksum files; none: no digests are published. */
  readonly sums: readonly string[];
  /** Names of files; none: all that a checksum file names. */
  readonly files: readonly string[];
  readonly releases: readonly Release[];
  readonly arches: readonly Architecture[];
  readonly pattern: RegExp | undefined;
  /** Variants that a name means, the best first. */
  readonly variants: readonly string[];
  readonly os: string | undefined;
  readonly properties: Readonly<Record<string, string>>;
}

export type LayoutValues = Readonly<
  Record<
    'mirror' | 'current' | 'sums' | 'files' | 'releases' | 'arches' | 'pattern' | 'variants' | 'os' | 'properties',
    string | undefined
  >
> & { readonly url: string };

const parts = (text = ''): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** A layout by the fields of a profile. Throws CONFIG for values that are none. */
export function layoutFrom(values: LayoutValues): Layout {
  return {
    url: values.url,
    mirror: values.mirror,
    current: values.current,
    sums: parts(values.sums),
    files: parts(values.files),
    releases: parts(values.releases).map(releaseFrom),
    arches: parts(values.arches).map(architectureFrom),
    pattern: values.pattern === undefined ? undefined : patternFrom(values.pattern),
    variants: parts(values.variants),
    os: values.os,
    properties: Object.fromEntries(parts(values.properties).map(propertyFrom)),
  };
}

/** `WORD[=VERSION][+ALIAS…][@END]`. */
function releaseFrom(text: string): Release {
  const [, word = '', version, aliases = '', end] =
    /^([\w.~-]+)(?:=([\w.~-]+))?((?:\+[\w.~-]+)*)(?:@(\d{4}-\d{2}-\d{2}))?$/.exec(text) ?? [];
  if (word === '')
    throw configError(`releases: "${text}" is no release`, {
      hint: 'Use releases such as trixie=13+stable@2030-06-30,bookworm=12.',
    });
  return { word, version: version ?? word, aliases: aliases.split('+').filter((alias) => alias !== ''), end };
}

/** `NAME[=WORD]`. */
function architectureFrom(text: string): Architecture {
  const [, name = '', word = name] = /^([\w-]+)(?:=([\w.-]+))?$/.exec(text) ?? [];
  if (name === '')
    throw configError(`arches: "${text}" is no architecture`, { hint: 'Use architectures such as amd64=x86_64,arm64=aarch64.' });
  return { name: architectureOf(name), word };
}

const groups = ['version', 'serial', 'arch', 'variant'];

/** The whole name of a file has to fit. */
function patternFrom(text: string): RegExp {
  let pattern: RegExp;
  try {
    pattern = new RegExp(`^(?:${text})$`, 'u');
  } catch (error) {
    throw configError(`pattern: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const unknown = [...text.matchAll(/\(\?<(\w+)>/g)].flatMap(([, name = '']) => (groups.includes(name) ? [] : [name]));
  if (unknown.length > 0)
    throw configError(`pattern: unknown group "${unknown.join(', ')}"`, { hint: `Use the groups ${groups.join(', ')}.` });
  return pattern;
}

function propertyFrom(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1)
    throw configError(`properties: "${text}" is no NAME=VALUE`, { hint: 'Use properties such as hw_rng_model=virtio.' });
  return [text.slice(0, at), text.slice(at + 1)];
}

const usesOf = ({ url, mirror = '', current = '', sums, files }: Layout): ReadonlySet<Placeholder> =>
  new Set([url, mirror, current, ...sums, ...files].flatMap(placeholdersIn));

/** Whether each architecture has addresses of its own. */
export const isByArchitecture = (layout: Layout): boolean => usesOf(layout).has('arch');

/** Throws CONFIG for fields that do not fit together. */
export function checkTogether(layout: Layout): void {
  const uses = usesOf(layout);
  const lacks = (field: string, placeholder: Placeholder): never => {
    throw configError(`{${placeholder}} is used, and ${field} is not set`, { hint: `Set ${field} in the profile.` });
  };
  if (layout.releases.length === 0 && uses.has('release')) lacks('releases', 'release');
  if (layout.releases.length === 0 && uses.has('version')) lacks('releases', 'version');
  if (layout.arches.length === 0 && uses.has('arch')) lacks('arches', 'arch');
  if (layout.current === undefined && uses.has('serial')) lacks('current', 'serial');
  if (layout.files.length === 0 && (layout.sums.length === 0 || layout.sums.some((name) => name.startsWith('*'))))
    throw configError('nothing says which files there are', {
      hint: 'Set sums to the name of a checksum file, or files to the names of the files.',
    });
}
