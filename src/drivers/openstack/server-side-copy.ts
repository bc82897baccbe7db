import { unsupportedError } from '../../core/errors.ts';
import type { Call, Handover, ImportRequest } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';

/** By what another region's Glance finds an image here. Absent where nobody knows which region this is. */
export async function handoverOf(client: OpenstackClient, id: string, call: Call): Promise<Handover | undefined> {
  const own = await client.realm(call);
  return own && { realm: own.realm, values: { glanceRegion: own.region, glanceImageId: id } };
}

/** Why this region cannot fetch it. Absent: it can, as far as that can be told before it is asked. */
export async function objection(client: OpenstackClient, handover: Handover, call: Call): Promise<string | undefined> {
  const own = await client.realm(call);
  if (own?.realm !== handover.realm) return 'the target cannot fetch from that cloud or project';
  return own.region === handover.values.glanceRegion ? 'source and target are the same region' : undefined;
}

/**
 * The request with what was handed over said in the words of glance-download. Throws UNSUPPORTED where it comes from another
 * Keystone or project, or from this very region, which does not fetch from itself.
 */
export async function handedOver(client: OpenstackClient, request: ImportRequest, call: Call): Promise<ImportRequest> {
  const { handover, ...rest } = request;
  if (!handover) return request;
  const why = await objection(client, handover, call);
  if (why !== undefined) throw unsupportedError(why);
  return { ...rest, method: 'glance-download', extras: { ...rest.extras, ...handover.values } };
}
