import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { configError } from '../core/errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What the folders for a user's files are made from. */
export interface Home {
  readonly env: Env;
  /** Absolute; absent where this user has none. */
  readonly home: string | undefined;
  readonly platform: NodeJS.Platform;
}

/*
 * A variable that is empty or holds a relative path counts as not set (XDG 0.8): what lies in the folder that one happens to
 * stand in may be a stranger's.
 */
const absolute = (text: string | undefined): string | undefined =>
  text !== undefined && path.isAbsolute(text) ? text : undefined;

/** The home of a process: what HOME names, else what the account has. */
export function homeOf({ env, platform }: { readonly env: Env; readonly platform: NodeJS.Platform }): Home {
  return { env, platform, home: absolute(platform === 'win32' ? env.USERPROFILE : env.HOME) ?? homeOfAccount() };
}

function homeOfAccount(): string | undefined {
  try {
    return absolute(userInfo().homedir);
  } catch {
    // A user without an account, as in many containers.
    return undefined;
  }
}

/** Throws CONFIG where this user has no home. */
export function homeFolder({ home }: Home): string {
  if (home !== undefined) return home;
  throw configError('HOME is not set to an absolute path, and this user has no home folder', {
    hint: 'Set HOME, or XDG_CONFIG_HOME, XDG_DATA_HOME and XDG_CACHE_HOME.',
  });
}

/** A path, or several as `name=path,…`, with the user's home for the `~` of each. Throws CONFIG where one has a `~` and this user has no home. */
export const withHome = (paths: string, at: Home): string =>
  paths.replace(/(^|[=,]\s*)~(?=$|[/,])/g, (_all, before: string) => `${before}${homeFolder(at)}`);

/** A path as it is to be kept for later: from wherever one stands then, it leads to the same. A `~` and a text (PEM) stay. */
const fromHere = (text: string): string =>
  text === '' || text.startsWith('~') || text.startsWith('-----') ? text : path.resolve(text);

/** The same for several, as `name=path,…`; what is none of that form stays as it is. */
export const pathsFromHere = (text: string, form: 'one' | 'named'): string =>
  form === 'one'
    ? fromHere(text)
    : text.replace(
        /(^|,)(\s*[\w.-]+\s*=\s*)([^,]*)/g,
        (_all, comma: string, name: string, one: string) => `${comma}${name}${fromHere(one.trimEnd())}`,
      );

/** The first path of a text of that form that leads elsewhere from every folder one stands in; absent: none does. */
export const relativePathIn = (text: string, form: 'one' | 'named'): string | undefined =>
  (form === 'one' ? [text] : text.split(',').map((each) => each.slice(each.indexOf('=') + 1)))
    .map((each) => each.trim())
    .find((each) => fromHere(each) !== each && !path.isAbsolute(each));

type Purpose = 'config' | 'data' | 'cache';

const xdg: Readonly<Record<Purpose, readonly [string, string]>> = {
  config: ['XDG_CONFIG_HOME', '.config'],
  data: ['XDG_DATA_HOME', path.join('.local', 'share')],
  cache: ['XDG_CACHE_HOME', '.cache'],
};

const mac: Readonly<Record<Purpose, string>> = { config: 'Preferences', data: 'Application Support', cache: 'Caches' };

/**
 * The folder for a user's files of one purpose, without the program's name: the XDG base directories, or macOS's and
 * Windows's own. An XDG variable that is set counts on every platform. Throws CONFIG where this user has no home.
 */
export function userFolder(purpose: Purpose, at: Home): string {
  const { env, platform } = at;
  const [variable, usual] = xdg[purpose];
  const chosen = absolute(env[variable]);
  if (chosen !== undefined) return chosen;
  if (platform === 'darwin') return path.join(homeFolder(at), 'Library', mac[purpose]);
  if (platform === 'win32')
    return absolute(purpose === 'config' ? env.APPDATA : env.LOCALAPPDATA) ?? path.join(homeFolder(at), 'AppData', 'Local');
  return path.join(homeFolder(at), usual);
}

/**
 * imgctl's own folder for a purpose. `IMGCTL_CONFIG_DIR` moves the one for configuration. Throws CONFIG where that is a
 * relative path, as another store than the one that was meant would be worse than none, and where this user has no home.
 */
export function ownFolder(purpose: Purpose, at: Home): string {
  const moved = (purpose === 'config' && at.env.IMGCTL_CONFIG_DIR) || undefined;
  if (moved === undefined) return path.join(userFolder(purpose, at), 'imgctl');
  if (path.isAbsolute(moved)) return moved;
  throw configError(`IMGCTL_CONFIG_DIR is not an absolute path: ${moved}`, {
    hint: 'Use an absolute path.',
  });
}

/** Whether there is a folder for a purpose, or one was named. */
export function hasFolder(purpose: Purpose, at: Home): boolean {
  if (purpose === 'config' && at.env.IMGCTL_CONFIG_DIR) return true;
  try {
    return userFolder(purpose, at) !== '';
  } catch {
    return false;
  }
}

/** Where temporary files go. */
export const temporaryFolder = ({ env, platform }: Home): string =>
  absolute(env.TMPDIR) ?? (platform === 'win32' ? tmpdir() : '/tmp');
