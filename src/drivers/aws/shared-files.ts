import type { HostEnvironment } from '../../core/driver.ts';

/** Keys of a section, in lower case; indented lines below a key stand in `KEY.NAME`. */
export type Section = Readonly<Record<string, string>>;

/** What the files of Amazon's own tools hold. */
export interface SharedFiles {
  /** By name; what the credentials file says counts more than what the other one does. */
  readonly profiles: ReadonlyMap<string, Section>;
  readonly ssoSessions: ReadonlyMap<string, Section>;
  /** Addresses of services, `SERVICE.endpoint_url`, by the name that a profile gives them by. */
  readonly services: ReadonlyMap<string, Section>;
  /** Paths of the files that are there. */
  readonly sources: readonly string[];
}

/** A comment begins behind a blank; an address may hold the sign for one. */
const withoutComment = (value: string): string =>
  /^https?:\/\//i.test(value) ? (value.split(/\s/)[0] ?? '') : value.replace(/\s[#;].*$/, '').trim();

/**
 * Sections of such a file, by the words in their brackets. It is no INI file: `#` and `;` begin a comment at the beginning of a line and
 * behind a blank only, and lines that are indented belong to the key before them.
 */
export function parseSections(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> | undefined;
  let key = '';
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const title = /^\[\s*(.*?)\s*\]/.exec(line)?.[1];
    if (title !== undefined) {
      section = sections.get(title) ?? {};
      sections.set(title, section);
      continue;
    }
    const [, indent = '', name = '', value = ''] = /^(\s*)([^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (!section || name === '') continue;
    if (indent === '') key = name.toLowerCase();
    section[indent === '' ? key : `${key}.${name.toLowerCase()}`] = withoutComment(value);
  }
  return sections;
}

/** `profile p` → `p`, also in quotes; absent for a section of another kind. */
function titled(title: string, kind: string): string | undefined {
  const [, word, name = ''] = /^(\S+)\s+(.+)$/.exec(title) ?? [];
  return word === kind ? name.replace(/^(["'])(.*)\1$/, '$2') : undefined;
}

const ofKind = (sections: ReadonlyMap<string, Section>, kind: string): ReadonlyMap<string, Section> =>
  new Map(
    [...sections].flatMap(([title, section]) => {
      const name = titled(title, kind);
      return name === undefined ? [] : [[name, section] as const];
    }),
  );

/** Where the files are. https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html */
export function pathsOf({ env, home }: Pick<HostEnvironment, 'env' | 'home'>): { config: string; credentials: string } {
  const path = (given: string | undefined, usual: string): string =>
    given ? given.replace(/^~(?=\/)/, home) : `${home}/.aws/${usual}`;
  return { config: path(env.AWS_CONFIG_FILE, 'config'), credentials: path(env.AWS_SHARED_CREDENTIALS_FILE, 'credentials') };
}

/** Oddity: profiles are `[profile p]` in one file and `[p]` in the other, and neither counts in the wrong one. */
export async function readSharedFiles(surroundings: HostEnvironment): Promise<SharedFiles> {
  const paths = pathsOf(surroundings);
  const [configText, credentialsText] = [await surroundings.text(paths.config), await surroundings.text(paths.credentials)];
  const [config, credentials] = [parseSections(configText ?? ''), parseSections(credentialsText ?? '')];
  const profiles = new Map<string, Section>(ofKind(config, 'profile'));
  const usual = config.get('default');
  if (usual) profiles.set('default', { ...usual, ...profiles.get('default') });
  for (const [name, section] of credentials)
    if (!/\s/.test(name) || titled(name, 'profile') === undefined) profiles.set(name, { ...profiles.get(name), ...section });
  return {
    profiles,
    ssoSessions: ofKind(config, 'sso-session'),
    services: ofKind(config, 'services'),
    sources: [...(configText === undefined ? [] : [paths.config]), ...(credentialsText === undefined ? [] : [paths.credentials])],
  };
}
