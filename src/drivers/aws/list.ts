import { usageError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, ListRequest, Operation } from '../../core/operation.ts';
import { listed, type AwsClient } from './client.ts';
import { filterForm, filtersFor, ownFilters } from './filters.ts';
import { pagesOf } from './pages.ts';
import { recordFrom, type Found } from './record.ts';
import type { XmlObject } from './xml.ts';

/** One circle of images in one region: two that have images in common are asked for apart, for EC2 gives what is in both. */
interface Circle {
  readonly found: Found;
  readonly form: Readonly<Record<string, string>>;
}

const withDisabled = { IncludeDisabled: 'true', IncludeDeprecated: 'true' };

/** Throws USAGE where nobody says whose public images are meant: that is a list of more than 100 000. */
function ownerOf({ filters: { owner }, own }: ListRequest): string {
  const asked = owner ?? own['owner-alias'];
  if (asked !== undefined && asked !== '') return asked;
  throw usageError('AWS has more than 100,000 public images: --all needs to know whose', {
    hint: 'Name an account with --owner, such as --owner 136693071363 (Debian), or use --filter owner-alias=amazon.',
  });
}

function circlesIn(region: string, request: ListRequest): readonly Circle[] {
  const own = { ...filterForm(filtersFor(request, true)), ...withDisabled };
  const others = filterForm(filtersFor(request, false));
  if (request.scope === 'all')
    return [{ found: { region }, form: { ...listed('Owner', [ownerOf(request)]), ...others, ...withDisabled } }];
  const mine: Circle = { found: { region, whose: 'own' }, form: { ...listed('Owner', ['self']), ...own } };
  if (request.scope === 'own') return [mine];
  return [mine, { found: { region, whose: 'others' }, form: { ...listed('ExecutableBy', ['self']), ...others } }];
}

/** Lists side by side: the next page of each that has one, then what is on them. */
async function* sideBySide<T>(lists: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  for (let open = lists; open.length > 0;) {
    // Where one fails the others come to their end first: nothing is asked behind the back of a failure.
    const looks = await Promise.allSettled(open.map((list) => list.next()));
    for (const look of looks) if (look.status === 'rejected') throw look.reason;
    const pages = looks.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []));
    for (const page of pages) if (page.done !== true) yield page.value;
    open = open.filter((_list, index) => pages[index]?.done !== true);
  }
}

async function* recordsOf(
  client: AwsClient,
  { found, form }: Circle,
  call: Call,
  isOneOfSeveral: boolean,
): AsyncGenerator<readonly [Found, readonly XmlObject[]]> {
  const what = isOneOfSeveral ? `listing images in ${found.region}` : 'listing images';
  const list = { region: found.region, action: 'DescribeImages', what, form, rows: 'imagesSet', key: 'imageId' };
  for await (const rows of pagesOf(client, list, call)) yield [found, rows];
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html */
export const list: Operation<AwsClient, 'list'> = {
  filters: [],
  own: ownFilters,
  ownerIds: /^\d{12}$/,
  others: ['shared'],
  publicByOwner: true,

  async *run(client, request, call): AsyncGenerator<ImageRecord> {
    if (request.scope === 'all') ownerOf(request);
    const regions = await client.regions(call);
    const circles = regions.flatMap((region) => circlesIn(region, request));
    // What is shared with an organisation of one's own is in both circles.
    const seen = new Set<string>();
    for await (const [found, rows] of sideBySide(circles.map((circle) => recordsOf(client, circle, call, regions.length > 1))))
      for (const wire of rows) {
        const record = recordFrom(wire, found);
        if (seen.has(record.id)) continue;
        seen.add(record.id);
        client.regionOf.set(record.id, found.region);
        yield record;
        if (seen.size === request.limit) return;
      }
  },
};
