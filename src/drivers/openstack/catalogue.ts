import { configError } from '../../core/errors.ts';
import { objectsIn, textIn, type WireObject } from './wire.ts';

/** One address of the image service, as Keystone's catalogue lists it. */
export interface Endpoint {
  readonly region: string;
  readonly interface: string;
  readonly url: string;
}

/** Addresses of the image service in a catalogue (`token.catalog`). */
export function imageEndpoints(catalogue: unknown): readonly Endpoint[] {
  const services = objectsIn(catalogue).filter((service) => service.type === 'image');
  return services.flatMap((service) => objectsIn(service.endpoints)).flatMap(endpointOf);
}

function endpointOf(wire: WireObject): readonly Endpoint[] {
  const url = textIn(wire.url);
  const region = textIn(wire.region_id) ?? textIn(wire.region) ?? '';
  return url === undefined ? [] : [{ region, interface: textIn(wire.interface) ?? '', url }];
}

/**
 * The address to speak to. Throws CONFIG, naming what there is, when region or interface do not exist, and when
 * several regions exist and none was named: taking the first would change images where nobody looked.
 */
export function chosenEndpoint(
  endpoints: readonly Endpoint[],
  wanted: { readonly region: string | undefined; readonly interface: string },
): Endpoint {
  const offered = endpoints.filter((endpoint) => endpoint.interface === wanted.interface);
  if (offered.length === 0) {
    const others = [...new Set(endpoints.map((endpoint) => endpoint.interface))];
    throw configError(`the catalogue has no ${wanted.interface} address of an image service`, {
      hint: others.length > 0 ? `set interface to one of: ${others.join(', ')}` : 'set imageEndpoint to the address of Glance',
    });
  }
  const regions = [...new Set(offered.map((endpoint) => endpoint.region))].sort();
  if (wanted.region === undefined && regions.length > 1)
    throw configError(`there are images in ${regions.length} regions, and the profile names none`, {
      hint: `set region to one of: ${regions.join(', ')}`,
    });
  const found = offered.find((endpoint) => wanted.region === undefined || endpoint.region === wanted.region);
  if (!found)
    throw configError(`there is no region "${wanted.region ?? ''}" with an image service`, {
      hint: `set region to one of: ${regions.join(', ')}`,
    });
  return found;
}

/** The address in front of every call, ending in `/v2`. Catalogues and people write it with and without the version. */
export const versioned = (endpoint: string): string =>
  `${endpoint
    .replace(/\/+$/, '')
    .replace(/\/v\d+(\.\d+)?$/, '')
    .replace(/\/+$/, '')}/v2`;
