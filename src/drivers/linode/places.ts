import { given } from '../../core/image.ts';
import { textIn, type JsonObject } from '../../core/json.ts';
import type { Call, Operation, Place } from '../../core/operation.ts';
import type { LinodeClient } from './client.ts';
import { pagesOf } from './pages.ts';

/** Oddity: these have the capability that images need, and refuse images all the same. Nothing in the API tells them apart. */
const doubtful: ReadonlySet<string> = new Set(['au-mel', 'gb-lon', 'jp-tyo-3', 'no-osl-1', 'sg-sin-2']);

/** Tells the user of regions that are known to refuse images; the server judges, for that may change. */
export function warnOfRegions(regions: readonly string[], call: Call): void {
  for (const region of regions.filter((name) => doubtful.has(name)))
    call.note({ kind: 'warning', message: `${region} is known to refuse images, although it has Object Storage` });
}

/** Regions in which images can lie. https://techdocs.akamai.com/linode-api/reference/get-regions */
export const places: Operation<LinodeClient, 'places'> = {
  place: 'region',
  copies: 'same',

  async run(client, _request, call) {
    const all: Place[] = [];
    for await (const rows of pagesOf(client, { path: 'regions', what: 'listing regions', anonymous: true }, call))
      all.push(...rows.flatMap((wire) => placeOf(wire, client.region)));
    return all;
  },
};

function placeOf(wire: JsonObject, own: string | undefined): readonly Place[] {
  const name = textIn(wire.id);
  if (name === undefined) return [];
  const [usable, note] = usability(wire, name);
  return [
    { name, usable, ...given<Partial<Place>>({ title: textIn(wire.label), note, isDefault: name === own ? true : undefined }) },
  ];
}

function usability(wire: JsonObject, name: string): readonly [Place['usable'], string?] {
  if (wire.site_type === 'distributed') return ['no', 'a distributed site: images are kept in core regions only'];
  if (!Array.isArray(wire.capabilities) || !wire.capabilities.includes('Object Storage')) return ['no', 'has no Object Storage'];
  if (doubtful.has(name)) return ['doubtful', 'has Object Storage, yet is known to refuse images'];
  return wire.status === 'outage' ? ['yes', 'has an outage now'] : ['yes'];
}
