import type { Identity } from '../../core/identity.ts';
import type { Call } from '../../core/operation.ts';
import type { ChecksumsClient } from './client.ts';
import { ofArchitecture, readFolders } from './folders.ts';

/** Whose images they are, as far as it is proved, and what vouches for them: `imgctl profile check`. */
export async function probe(client: ChecksumsClient, call: Call): Promise<Identity> {
  const { folders, architecture, publisher } = client;
  const usual = ofArchitecture(folders, architecture);
  const { images } = await readFolders(client, (usual.length > 0 ? usual : folders).slice(0, 1), call);
  const [image] = images;
  const signer = image?.file.signer;
  const details: Record<string, string> = { 'vouched for by': publisher.assurance, images: String(images.length) };
  if (signer) details.signer = signer.fingerprint;
  const [origin = ''] = publisher.origins;
  return { who: signer?.name ?? new URL(origin).host, details, missing: {} };
}
