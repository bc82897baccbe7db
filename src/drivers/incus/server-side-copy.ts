import { conflictError, ImgctlError, providerError, unsupportedError } from '../../core/errors.ts';
import { given, type ImageRecord } from '../../core/image.ts';
import { isObject, textIn, type JsonObject } from '../../core/json.ts';
import type { Call, Handover, HandoverKey } from '../../core/operation.ts';
import { Secret } from '../../core/secret.ts';
import { readAlias } from './aliases.ts';
import { ask, imageExists, imagePath, readImage, serverInfo, tidying, trusted, type IncusClient } from './client.ts';
import { label } from './labels.ts';
import { asWanted, makeThere, wantedOf, type Order } from './server-side-image.ts';
import { virtualMachine } from './record.ts';
import { endWork } from './settle.ts';

const realm = 'incus-images';

/**
 * By what another server, of either product, fetches an image from here. Absent where this one cannot be reached over the network,
 * or does not trust us, so that it would hand out no key.
 */
export async function handoverOf(client: IncusClient, image: ImageRecord, call: Call): Promise<Handover | undefined> {
  const { raw, isTrusted } = await serverInfo(client, call);
  const { addresses, certificate } = isObject(raw.environment) ? raw.environment : ({} as JsonObject);
  const reachable = Array.isArray(addresses) ? addresses.filter((each) => typeof each === 'string') : [];
  if (!isTrusted || reachable.length === 0 || typeof certificate !== 'string') return undefined;
  return {
    realm,
    values: {
      fingerprint: image.id,
      project: client.project ?? 'default',
      addresses: reachable.join(' '),
      certificate,
      type: textIn(image.raw.type) ?? '',
    },
    key: (each) => keyFor(client, image.id, each),
  };
}

/** The same for an image of a container. None: it is one of a virtual machine, whose disk can be read as well. */
export async function handoverOfContainer(client: IncusClient, image: ImageRecord, call: Call): Promise<Handover | undefined> {
  if (image.raw.type === virtualMachine) return undefined;
  const handover = await handoverOf(client, image, call);
  if (handover) return handover;
  throw unsupportedError(`image "${image.name}" is of a container, and no other server can fetch it from here`, {
    hint: 'Make this server trust the client, and listen on an address that the other one reaches: core.https_address.',
  });
}

/** Oddity: a key that is not used never expires; the work that it is told as is what can be ended. */
async function keyFor(client: IncusClient, id: string, call: Call): Promise<HandoverKey> {
  const what = `making a secret for ${id}`;
  const { body } = await ask(client, { method: 'POST', path: `${imagePath(id)}/secret`, what }, call);
  const work = isObject(body.metadata) && isObject(body.metadata.metadata) ? body.metadata.metadata : {};
  const [secret, path] = [textIn(work.secret), /operations\/[\w-]+$/.exec(textIn(body.operation) ?? '')?.[0]];
  if (secret === undefined || path === undefined) throw providerError(`${what}: the answer holds none`);
  return {
    secret: new Secret(secret),
    async release() {
      // One that was used has ended by itself.
      await endWork(client, path, tidying(call));
    },
  };
}

/** Why this server cannot fetch it. Absent: it can, as far as that can be told before it is asked. */
export async function objection(
  client: IncusClient,
  { realm: theirs, values }: Handover,
  call: Call,
  name: string,
): Promise<string | undefined> {
  if (theirs !== realm) return 'the target cannot fetch from there';
  const { raw, isTrusted } = await serverInfo(client, call);
  if (!isTrusted) return 'the target does not trust this client';
  const own = isObject(raw.environment) ? textIn(raw.environment.certificate) : undefined;
  const isSame = own === values.certificate && (client.project ?? 'default') === values.project;
  if (isSame) return 'source and target are the same project';
  const { fingerprint = '' } = values;
  if (!(await imageExists(client, fingerprint, call)) || (await leadsTo(client, name, fingerprint, call))) return undefined;
  const there = await readImage(client, fingerprint, call);
  // What a killed run has made has its name in its properties only.
  return there.name === name ? undefined : `the target has it already, as "${there.name}"`;
}

const leadsTo = async (client: IncusClient, name: string, id: string, call: Call): Promise<boolean> =>
  (await readAlias(client, name, call))?.target === id;

const unreachable = /unable to connect|connection refused|no route to host|i\/o timeout|deadline exceeded|x509|tls:/i;

/**
 * Has the server fetch the image from another one: what arrives has the same fingerprint, or nothing does. Throws UNSUPPORTED, and
 * has made nothing, where it cannot get there.
 */
export async function pulled(
  client: IncusClient,
  handover: Handover,
  order: Omit<Order, 'source' | 'id'>,
  call: Call,
): Promise<ImageRecord> {
  const { description, mustBeFree, labels } = order.naming;
  const { name } = description;
  const why = await objection(client, handover, call, name);
  if (why !== undefined) throw unsupportedError(why);
  const { fingerprint = '', project = 'default', addresses = '', certificate, type } = handover.values;
  const { product } = await trusted(client, order.what, call);
  if (await leadsTo(client, name, fingerprint, call)) {
    if (mustBeFree) throw conflictError(`the name "${name}" is taken by image ${fingerprint}`);
    await label(client, fingerprint, labels, call);
    return asWanted(client, await readImage(client, fingerprint, call), wantedOf(description), call);
  }
  const key = await handover.key?.(call);
  let last: ImgctlError | undefined;
  try {
    for (const address of addresses.split(' ').slice(0, 4)) {
      const source = given<JsonObject>({
        type: 'image',
        mode: 'pull',
        server: `https://${address}`,
        // Oddity: it is the target's own that counts.
        protocol: product,
        certificate,
        fingerprint,
        secret: key?.secret,
        project: project === 'default' ? undefined : project,
      });
      try {
        const image = await makeThere(client, { ...order, source, id: fingerprint }, call);
        if (type === '' || image.raw.type === type) return image;
        throw providerError(`${order.what}: the image has arrived as one of a ${String(image.raw.type)}`, { leftover: image.id });
      } catch (error) {
        if (!(error instanceof ImgctlError) || error.code !== 'PROVIDER' || !unreachable.test(error.message)) throw error;
        last = error;
      }
    }
    throw unsupportedError(`the target cannot reach the source: ${last?.message ?? 'it has no address'}`);
  } catch (error) {
    await key?.release().catch(() =>
      call.note({
        kind: 'warning',
        message: `the secret for ${fingerprint} could not be taken back; it opens that image until the source is started anew`,
      }),
    );
    throw error;
  }
}
