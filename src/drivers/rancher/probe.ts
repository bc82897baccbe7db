import type { Identity } from '../../core/identity.ts';
import { given } from '../../core/image.ts';
import type { Call, OperationName } from '../../core/operation.ts';
import type { RancherClient } from './client.ts';
import { textsIn } from './record.ts';
import type { ImageSchema } from './schema.ts';

/** Who the key belongs to, and which verbs its role on this server does not have. */
export async function probe(client: RancherClient, call: Call): Promise<Identity> {
  const schema = await client.schema(call);
  const { headers } = schema;
  const account = headers['x-api-account-id'];
  const accountName = headers['x-api-account-name'];
  return {
    ...(account === undefined
      ? {}
      : { owner: { id: account, names: accountName === undefined ? [account] : [accountName, account] } }),
    who: accountName ?? account ?? client.address.root,
    details: textsIn({
      url: client.address.root,
      project: client.address.project,
      account,
      accountKind: headers['x-api-account-kind'],
      user: headers['x-api-user-id'],
      version: headers['x-rancher-version'],
    }),
    missing: missingVerbs(schema),
  };
}

const readOnly = 'This key may only read images.';

function missingVerbs(schema: ImageSchema): Identity['missing'] {
  const reasonWithout = (action: string): string | undefined => {
    if (schema.actions.has(action)) return undefined;
    return schema.actions.size === 0 ? readOnly : `This server does not have the action ${action}.`;
  };
  return given<Partial<Record<OperationName, string>>>({
    create: schema.collectionMethods.has('POST') ? undefined : 'Only a superadmin key may create images.',
    patch: schema.resourceMethods.has('PUT') ? undefined : 'Only a superadmin key may change images.',
    deactivate: reasonWithout('deactivate'),
    reactivate: reasonWithout('activate'),
    delete: schema.resourceMethods.has('DELETE') ? undefined : reasonWithout('remove'),
    restore: reasonWithout('restore'),
    purge: reasonWithout('purge'),
  });
}
