import { unsupportedError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call, Download } from '../../core/operation.ts';
import { provenanceIn } from '../../core/provenance.ts';
import type { Signer } from '../../core/signature.ts';
import { resumingSource } from '../../transfer/resume.ts';
import { downloadSource, type Source } from '../../transfer/source.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { demandFrom } from '../trust/policy.ts';
import { told } from '../trust/told.ts';
import { withSignature } from './source.ts';

/** The image whose data is read. */
interface Published {
  readonly at: Account<'download'>;
  readonly image: Image;
  readonly call: Call;
  /** Is told who signed the digest that it is held against, and who signed it itself, that each time that all of it has come. */
  proved?(signer: Signer): void;
}

/** Throws UNSUPPORTED where a signature is asked for, and nothing that this account reads is signed; `auto` says so. */
export function checkVerifiable({ signatures, provider }: Account<'download'>, context: EngineContext): void {
  const { verify } = context.settings;
  if (verify === undefined || signatures) return;
  const { by } = demandFrom(verify, '--verify');
  const message = `images of ${provider} are not signed`;
  if (by === 'auto') context.warn(`not verified: ${message}`);
  if (by === 'gpg' || by === 'minisign')
    throw unsupportedError(message, { provider, hint: 'Use --checksum ALGO:HEX, or omit --verify.' });
}

/** The data of an image, gone on with where a connection breaks, with what is known of it, and held against what its publisher vouches for. */
export async function publishedSource(
  data: Download,
  { at, image, call, proved }: Published,
  context: EngineContext,
): Promise<Source> {
  const name = `${at.profile}:${image.id}`;
  const offered = downloadSource(data, name, at.driver.worksOnFiles);
  const source: Source = {
    ...(at.verb('download').ranges ? resumingSource(offered, call) : offered),
    digests: { ...image.checksums, ...data.digests },
    ...(image.contentId === undefined ? {} : { contentId: image.contentId }),
  };
  const checked = await heldInside(source, data);
  const { signature } = data;
  const { signatures } = at;
  const lister = signatures?.proved(provenanceIn(image.properties).signer ?? '');
  if (lister) proved?.(told(lister, `the digest of ${image.name}`, context));
  if (signature && signatures?.assurance === 'checksum')
    context.warn(`not verified: ${image.name} is signed, and ${at.profile} names no keys to judge that by`);
  if (signatures?.assurance !== 'signature' || !signature) return checked;
  const begin = () => signatures.check(signature, name);
  // What can be known to be wrong before the first byte is known now.
  await begin();
  let isTold = false;
  return withSignature(checked, {
    signature: {
      begin,
      proved(signer) {
        if (!isTold) told(signer, image.name, context);
        isTold = true;
        proved?.(signer);
      },
    },
  });
}

async function heldInside(source: Source, { encoding, uncompressedDigests }: Download): Promise<Source> {
  if (!encoding?.compression || !uncompressedDigests) return source;
  const { checkedInside } = await import('../../transfer/uncompressed-digests.ts');
  return checkedInside(source, encoding.compression, uncompressedDigests);
}
