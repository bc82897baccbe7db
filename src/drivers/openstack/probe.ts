import type { Identity } from '../../core/identity.ts';
import { given } from '../../core/image.ts';
import type { Call, OperationName } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { importMethods, singleStore, stores } from './site.ts';

/** Who we are, and what this site lacks: imports and stores are its operator's choice. Throws AUTH or CONFIG. */
export async function probe(client: OpenstackClient, call: Call): Promise<Identity> {
  const { signedIn, base, region } = await client.site(call);
  const { user, project, roles } = signedIn;
  const methods = await importMethods(client, call);
  const named = await stores(client, call);
  const missing: Partial<Record<OperationName, string>> = {};
  if (!methods.some((method) => method !== 'copy-image')) missing.import = 'this site offers no imports';
  if (!methods.includes('copy-image')) missing.replicate = 'this site does not offer the import method copy-image';
  if (!named) Object.assign(missing, { replicate: singleStore, places: singleStore });
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
      imports: methods.length > 0 ? methods.join(', ') : undefined,
      stores: named?.map((store) => store.name).join(', '),
    }) as Record<string, string>,
    missing,
  };
}
