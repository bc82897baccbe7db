import type { TreeFormat } from '../../core/publication.ts';
import { usageError } from '../../core/errors.ts';
import { treeFormats } from '../../drivers/index.ts';
import { nearest } from '../../host/did-you-mean.ts';

/** Formats in which images can be published. */
export const formatNames: readonly string[] = Object.keys(treeFormats);

/** The format of that name. Throws USAGE where there is none. */
export async function treeFormatNamed(name: string): Promise<TreeFormat> {
  if (Object.hasOwn(treeFormats, name)) return treeFormats[name as keyof typeof treeFormats]();
  const [near] = nearest(name, formatNames);
  throw usageError(`unknown format to publish in: ${name}`, {
    hint: near === undefined ? `Use ${formatNames.join(' or ')}.` : `Did you mean ${near}?`,
  });
}
