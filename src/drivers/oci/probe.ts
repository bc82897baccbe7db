import type { Identity } from '../../core/identity.ts';
import { ImgctlError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { OciClient } from './client.ts';
import { requestDelete, deleteRefusal } from './delete-manifest.ts';
import { tagsOf } from './tags.ts';

/** What nobody has: asking for its removal removes nothing, and tells whether anything could be removed. */
const nothing = [`sha256:${'0'.repeat(64)}`, `imgctl-probe-${'0'.repeat(32)}`];

/** Some registries delete only manifests, some only tags: either is enough. */
async function whyNoDelete(client: OciClient, call: Call): Promise<string | undefined> {
  let reason: string | undefined;
  for (const reference of nothing) {
    try {
      const answer = await requestDelete(client.home, reference, 'checking whether images can be deleted', call);
      if (answer.status !== 403 && answer.status !== 405) return undefined;
      reason ??= deleteRefusal(client.home, answer).message;
    } catch (error) {
      if (error instanceof ImgctlError && error.code === 'AUTH') return error.message;
      throw error;
    }
  }
  return reason;
}

/** Who we are, and whether this registry lets images be deleted: many do not. Throws AUTH. */
export async function probe(client: OciClient, call: Call): Promise<Identity> {
  const tags = await tagsOf(client.home, call);
  const reason = await whyNoDelete(client, call);
  return {
    who: client.who,
    details: { registry: client.home.wire.origin.origin, repository: client.home.name, tags: String(tags.length) },
    missing: reason === undefined ? {} : { delete: reason },
  };
}
