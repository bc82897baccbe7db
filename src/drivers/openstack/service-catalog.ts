import { configError } from '../../core/errors.ts';
import { objectsIn, type JsonObject } from '../../core/json.ts';
import { textIn } from './json.ts';

/** One address of the image service, as Keystone's catalogue lists it. */
export interface Endpoint {
  readonly service: { readonly type: string; readonly name?: string };
  readonly region: string;
  readonly interface: string;
  readonly url: string;
}

/** Which of the catalogue's addresses is meant; `service` and `name` only where it is not the usual one. */
export interface Wanted {
  readonly region: string | undefined;
  readonly interface: string;
  readonly type?: string | undefined;
  readonly name?: string | undefined;
}

const usualType = 'image';

/** Addresses of every service in a catalogue (`token.catalog`). */
export const endpointsIn = (catalogue: unknown): readonly Endpoint[] =>
  objectsIn(catalogue).flatMap((service) => objectsIn(service.endpoints).flatMap((wire) => endpointOf(wire, service)));

function endpointOf(wire: JsonObject, service: JsonObject): readonly Endpoint[] {
  const url = textIn(wire.url);
  const region = textIn(wire.region_id) ?? textIn(wire.region) ?? '';
  const name = textIn(service.name);
  const of = { type: textIn(service.type) ?? '', ...(name === undefined ? {} : { name }) };
  return url === undefined ? [] : [{ service: of, region, interface: textIn(wire.interface) ?? '', url }];
}

const isOf = ({ service }: Endpoint, { type, name }: Wanted): boolean =>
  service.type === (type ?? usualType) && (name === undefined || service.name === name);

/**
 * The address to speak to. Throws CONFIG, naming what there is, when region or interface do not exist, and when
 * several regions exist and none was named: taking the first would change images where nobody looked.
 */
export function chosenEndpoint(catalogue: readonly Endpoint[], wanted: Wanted): Endpoint {
  const endpoints = catalogue.filter((endpoint) => isOf(endpoint, wanted));
  const offered = endpoints.filter((endpoint) => endpoint.interface === wanted.interface);
  if (offered.length === 0) {
    const others = [...new Set(endpoints.map((endpoint) => endpoint.interface))];
    throw configError(`the catalogue has no ${wanted.interface} endpoint of an image service`, {
      hint: others.length > 0 ? `Set interface to one of: ${others.join(', ')}` : 'Set imageEndpoint to the URL of Glance.',
    });
  }
  const regions = [...new Set(offered.map((endpoint) => endpoint.region))].sort();
  if (wanted.region === undefined && regions.length > 1)
    throw configError(`region is required: the catalogue has ${regions.length} with an image service`, {
      hint: `Set region to one of: ${regions.join(', ')}`,
      settledBy: { field: 'region', values: regions },
    });
  const found = offered.find((endpoint) => wanted.region === undefined || endpoint.region === wanted.region);
  if (!found)
    throw configError(`no such region with an image service: ${wanted.region ?? ''}`, {
      hint: `Set region to one of: ${regions.join(', ')}`,
    });
  return found;
}

/** The address in front of every call, ending in `/v2`. Catalogues and people write it with and without the version. */
export const versioned = (endpoint: string): string =>
  `${endpoint
    .replace(/\/+$/, '')
    .replace(/\/v\d+(\.\d+)?$/, '')
    .replace(/\/+$/, '')}/v2`;
