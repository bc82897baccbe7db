import { statSync } from 'node:fs';
import type { ReadBlocks } from '../../core/blocks.ts';
import type { Tools } from '../../core/driver.ts';
import { configError } from '../../core/errors.ts';
import type { Http } from '../../core/http.ts';
import type { Layout } from '../_oci/layer-cut.ts';
import type { Folder } from './folder.ts';
import { openFolder } from './open-folder.ts';

/** The place that every image is in: the profile's own folder, which keeps the records. */
export const homePlace = 'home';

export interface LocalClient {
  readonly home: Folder;
  /** Further folders for copies, by the name of the place. */
  readonly places: ReadonlyMap<string, Folder>;
  readonly http: Http;
  readonly readBlocks: ReadBlocks;
  /** What a raw disk becomes where nobody says otherwise. */
  readonly layout: Layout;
}

interface Values {
  readonly path?: string | undefined;
  readonly places?: string | undefined;
  readonly layout?: string | undefined;
}

/** Throws CONFIG when there is no path, or `places` is not `name=path,…`. */
export function connect(values: Values, tools: Tools): LocalClient {
  if (!values.path)
    throw configError('path is required', {
      hint: 'Set the folder of the images with:',
      next: [{ verb: 'profile set', args: ['path=FOLDER'] }],
    });
  const { http, lock, readBlocks } = tools;
  const home = openFolder(values.path, lock);
  const layout = values.layout === 'single' ? 'single' : 'layers';
  return { home, places: placesOf(values.places ?? '', home, tools), http, readBlocks, layout };
}

/** Whether two folders are one, also by way of a link or a mount: what was taken out of one would be gone from the other. */
function isSame(a: Folder, b: Folder): boolean {
  const [one, other] = [a, b].map((folder) => statSync(folder.path, { throwIfNoEntry: false }));
  return a.path === b.path || (one !== undefined && one.ino !== 0 && one.ino === other?.ino && one.dev === other.dev);
}

function placesOf(text: string, home: Folder, { lock }: Tools): ReadonlyMap<string, Folder> {
  const places = new Map<string, Folder>();
  for (const part of text.split(',').filter((each) => each.trim() !== '')) {
    const [, name, folderPath] = /^\s*([\w.-]+)\s*=\s*(.+?)\s*$/.exec(part) ?? [];
    if (name === undefined || folderPath === undefined)
      throw configError(`places: "${part.trim()}" is not name=path`, {
        hint: 'Example: places=second=/srv/copies,third=/mnt/copies',
      });
    const folder = openFolder(folderPath, lock);
    if (name === homePlace || places.has(name))
      throw configError(`places: duplicate name ${name}`, { hint: 'Use another name.' });
    if ([home, ...places.values()].some((other) => isSame(other, folder)))
      throw configError(`places: ${folder.path} is listed twice`, { hint: 'Use another folder.' });
    places.set(name, folder);
  }
  return places;
}
