import { parseJson } from '../../core/json.ts';
import path from 'node:path';
import { providerError } from '../../core/errors.ts';
import { readSafely } from './safe-file.ts';

/** The version of the OCI image layout that is read and written here. */
export const layoutVersion = '1.0.0';

/** Throws PROVIDER for a folder that says to be a layout of another version: what its files mean is not known. Absent or no JSON: it says nothing. */
export async function checkLayoutVersion(folder: { readonly path: string }): Promise<void> {
  const file = path.join(folder.path, 'oci-layout');
  const said = parseJson((await readSafely(file))?.toString() ?? '')?.imageLayoutVersion;
  if (said === undefined || said === layoutVersion) return;
  throw providerError(`${folder.path} is an image layout of version ${JSON.stringify(said)}, which is not supported`, {
    hint: `Set path to another folder, or to a layout of version ${layoutVersion}.`,
  });
}
