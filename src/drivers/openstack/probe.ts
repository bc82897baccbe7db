import type { Identity } from '../../core/identity.ts';
import { ImgctlError } from '../../core/errors.ts';
import { given } from '../../core/image.ts';
import type { Call, OperationName } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { importMethods, singleStore, stores } from './capabilities.ts';

/** Who we are, and what this site lacks: imports and stores are its operator's choice. Throws AUTH or CONFIG. */
export async function probe(client: OpenstackClient, call: Call): Promise<Identity> {
  const { signedIn, base, region } = await client.site(call);
  const { user, project, roles } = signedIn;
  const methods = await unlessSecret(importMethods(client, call));
  const named = await unlessSecret(stores(client, call));
  const missing: Partial<Record<OperationName, string>> = {};
  if (methods && !methods.some((method) => method !== 'copy-image')) missing.import = 'this site offers no imports';
  if (methods && !methods.includes('copy-image')) missing.replicate = 'this site does not offer the import method copy-image';
  if (named === undefined) Object.assign(missing, { replicate: singleStore, places: singleStore });
  return {
    ...(project ? { owner: { id: project.id, names: [project.name, project.id] } } : {}),
    who: `${user ?? 'unknown'}@${project?.name ?? 'unknown'}`,
    details: given<Record<string, string>>({
      user,
      project: project?.name,
      projectId: project?.id,
      roles: roles.length > 0 ? roles.join(', ') : undefined,
      region,
      endpoint: base,
      imports: methods && methods.length > 0 ? methods.join(', ') : undefined,
      stores: named?.map((store) => store.name).join(', '),
    }) as Record<string, string>,
    missing,
  };
}

/** Null where these credentials may not ask, such as an application credential with access rules: then nothing is known of it. */
const unlessSecret = <T>(asked: Promise<T>): Promise<T | null> =>
  asked.catch((error: unknown) => {
    if (error instanceof ImgctlError && error.code === 'AUTH') return null;
    throw error;
  });
