import { fieldVariable, variableName } from '../../profiles/resolve.ts';
import { didYouMean, nearest } from '../../host/did-you-mean.ts';
import type { Surface } from './context.ts';

/** The variables that imgctl reads itself, as the help lists them, with what each is for. */
export const ownVariables: readonly (readonly [names: string, meaning: string])[] = [
  ['IMGCTL_PROFILE', 'default profile'],
  ['IMGCTL_OUTPUT', 'the format of the result'],
  ['IMGCTL_TIMEOUT', 'timeout for each phase of a request, such as 30s'],
  ['IMGCTL_JOURNAL=off', 'keep no journal, as with --no-journal'],
  ['IMGCTL_CONFIG_DIR', 'folder of the profile store (an absolute path)'],
  ['IMGCTL_PROFILE_<NAME>_<FIELD>', 'a field of a profile'],
  ['NO_COLOR, FORCE_COLOR, TERM=dumb', 'colours'],
  ['HTTPS_PROXY, HTTP_PROXY', 'proxies, such as http://USER:PASSWORD@HOST:PORT'],
  ['NO_PROXY', 'hosts to reach without a proxy: example.org (and all below it), HOST:PORT, 10.0.0.0/8, *'],
  ['NODE_DISABLE_COMPILE_CACHE=1', 'do not keep compiled code in the cache (slower start)'],
  ['TMPDIR', 'folder for temporary files'],
  ['LC_ALL, LC_CTYPE, LANG', 'whether the terminal shows Unicode'],
  ['HOME; USERPROFILE, APPDATA, LOCALAPPDATA on Windows', 'the folders of the user'],
  ['XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME', 'folders of configuration, of local store and journal, and of caches'],
];

const own = ownVariables.map(([name]) => name.replace(/=.*/, '')).filter((name) => /^IMGCTL_\w+$/.test(name));

/** Warns of every `IMGCTL_*` variable that nothing reads: a slip in its name would go unnoticed. */
export async function warnOfVariables(surface: Surface): Promise<void> {
  const { env } = surface.home;
  const set = Object.keys(env).filter((name) => name.startsWith('IMGCTL_') && env[name] && !own.includes(name));
  if (set.length === 0) return;
  const known = new Set([...own, ...referredTo(surface), ...(await profileVariables(surface))]);
  for (const name of set.filter((one) => !known.has(one))) {
    const meant = didYouMean(nearest(name, known));
    // It may be meant for a profile that is yet to be made.
    if (meant === undefined && name.startsWith('IMGCTL_PROFILE_')) continue;
    surface.warn(`${name} is set, but nothing reads it${meant === undefined ? '' : `. ${meant}`}`);
  }
}

/** Variables that fields of profiles refer to. */
function referredTo({ directory, home: { env } }: Surface): readonly string[] {
  const stored = directory.names.flatMap((name) => Object.values(directory.entry(name).stored?.fields ?? {}));
  const texts = [...stored, ...Object.keys(env).flatMap((name) => (name.startsWith('IMGCTL_PROFILE_') ? (env[name] ?? '') : []))];
  return texts.flatMap((text) => /^env:(\w+)$/.exec(text)?.[1] ?? []);
}

/** What may be set for those profiles that something is set for: only their drivers are loaded. */
async function profileVariables({ directory, drivers, home: { env } }: Surface): Promise<readonly string[]> {
  const prefixOf = (name: string): string => `IMGCTL_PROFILE_${variableName(name)}_`;
  const meant = directory.all.filter((name) => Object.keys(env).some((one) => one.startsWith(prefixOf(name))));
  const each = meant.map(async (name) => {
    const { provider } = directory.entry(name);
    const fields = Object.keys((await drivers.load(provider))?.profile ?? {});
    const prefix = prefixOf(name);
    return [`${prefix}PROVIDER`, ...fields.flatMap((field) => [fieldVariable(name, field), `${prefix}${field.toUpperCase()}`])];
  });
  return (await Promise.all(each)).flat();
}
