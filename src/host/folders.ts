import path from 'node:path';

/** What the folders for a user's files are made from. */
export interface Home {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

type Purpose = 'config' | 'data' | 'cache';

const xdg: Readonly<Record<Purpose, readonly [string, string]>> = {
  config: ['XDG_CONFIG_HOME', '.config'],
  data: ['XDG_DATA_HOME', path.join('.local', 'share')],
  cache: ['XDG_CACHE_HOME', '.cache'],
};

const mac: Readonly<Record<Purpose, string>> = { config: 'Preferences', data: 'Application Support', cache: 'Caches' };

/**
 * The folder for a user's files of one purpose, without the program's name: the XDG base directories, or macOS's and
 * Windows's own. An XDG variable that is set counts on every platform; a relative one does not count (XDG 0.8).
 */
export function userFolder(purpose: Purpose, { env, home, platform }: Home): string {
  const [variable, usual] = xdg[purpose];
  const chosen = env[variable];
  if (chosen !== undefined && path.isAbsolute(chosen)) return chosen;
  if (platform === 'darwin') return path.join(home, 'Library', mac[purpose]);
  if (platform === 'win32') return (purpose === 'config' ? env.APPDATA : env.LOCALAPPDATA) ?? path.join(home, 'AppData', 'Local');
  return path.join(home, usual);
}

/** imgctl's own folder for a purpose. `IMGCTL_CONFIG_DIR` moves the one for configuration. */
export function ownFolder(purpose: Purpose, at: Home): string {
  const moved = purpose === 'config' ? at.env.IMGCTL_CONFIG_DIR : undefined;
  return moved !== undefined && moved !== '' ? path.resolve(moved) : path.join(userFolder(purpose, at), 'imgctl');
}
