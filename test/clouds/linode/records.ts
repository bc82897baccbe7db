/** Objects as the API gives them. Made-up values; keys and kinds of values as they were seen in real answers. */

export interface WireImage {
  readonly id: string;
  label: string;
  description: string;
  readonly created: string;
  updated: string;
  size: number;
  readonly created_by: string;
  readonly type: 'manual' | 'automatic' | 'shared';
  tags: string[];
  readonly is_public: boolean;
  /** null on images that others share with the account. */
  readonly is_shared: boolean | null;
  readonly deprecated: boolean;
  readonly vendor: string | null;
  readonly expiry: string | null;
  readonly eol: string | null;
  status: 'creating' | 'pending_upload' | 'available';
  capabilities: string[];
  regions: { region: string; status: string }[] | null;
  total_size?: number;
  readonly image_sharing: object | null;
}

export interface WireRegion {
  readonly id: string;
  readonly label: string;
  readonly country: string;
  readonly capabilities: readonly string[];
  readonly monitors: { readonly alerts: readonly string[]; readonly metrics: readonly string[] };
  readonly status: string;
  readonly resolvers: { readonly ipv4: string; readonly ipv6: string };
  readonly placement_group_limits: Readonly<Record<string, number | null>>;
  readonly site_type: string;
}

export interface WireEvent {
  readonly id: number;
  readonly created: string;
  readonly seen: boolean;
  readonly read: boolean;
  percent_complete: number;
  readonly time_remaining: null;
  readonly rate: null;
  readonly duration: number;
  readonly action: string;
  readonly username: string;
  readonly entity: { readonly id: number; readonly type: string; readonly label: string; readonly url: string };
  readonly secondary_entity: { readonly id: number; readonly type: string; readonly label: string; readonly url: string } | null;
  status: 'scheduled' | 'started' | 'finished' | 'failed' | 'notification';
  message: string;
  readonly details: object;
}

/** A time without a zone: `n` seconds after the morning on which the fake's world began. */
export const timeAt = (n: number): string => new Date(Date.UTC(2026, 0, 2, 3, 4, 5) + n * 1000).toISOString().slice(0, 19);

/** An image of the account, not yet there: no size, no regions. */
export function privateImage(number: number, said: Partial<WireImage> & { label: string }): WireImage {
  const at = timeAt(number % 100_000);
  return {
    id: `private/${number}`,
    description: '',
    created: at,
    updated: at,
    size: 0,
    created_by: 'someone',
    type: 'manual',
    tags: [],
    is_public: false,
    is_shared: false,
    deprecated: false,
    vendor: null,
    expiry: null,
    eol: null,
    status: 'pending_upload',
    capabilities: [],
    regions: [],
    total_size: 0,
    image_sharing: {
      shared_with: { sharegroup_count: 0, sharegroup_list_url: `/images/private/${number}/sharegroups` },
      shared_by: null,
    },
    ...said,
  };
}

/** One of the provider's own: no regions, no sharing, and no key for the total size at all. */
export function publicImage(name: string, said: Partial<WireImage> & { label: string }): WireImage {
  const { total_size: _none, ...rest } = privateImage(1, said);
  return {
    ...rest,
    id: `linode/${name}`,
    created_by: 'linode',
    is_public: true,
    vendor: said.vendor ?? 'Maker',
    eol: timeAt(90_000),
    status: 'available',
    size: 1500,
    capabilities: ['cloud-init', 'distributed-sites'],
    regions: null,
    image_sharing: null,
  };
}

function region(id: string, label: string, more: Partial<WireRegion> = {}): WireRegion {
  return {
    id,
    label,
    country: id.slice(0, 2),
    capabilities: ['Linodes', 'Object Storage', 'Metadata'],
    monitors: { alerts: ['Object Storage'], metrics: ['Object Storage'] },
    status: 'ok',
    resolvers: { ipv4: '192.0.2.1,192.0.2.2', ipv6: '2001:db8::1,2001:db8::2' },
    placement_group_limits: { maximum_pgs_per_customer: null, maximum_linodes_per_pg: 5, maximum_linodes_per_flexible_pg: 5 },
    site_type: 'core',
    ...more,
  };
}

/** Regions of every sort: that take images, that refuse them though they look able, that are not able, that are no core region. */
export const regions: readonly WireRegion[] = [
  region('us-ord', 'Chicago, IL'),
  region('us-iad', 'Washington, DC'),
  region('us-sea', 'Seattle, WA'),
  region('us-mia', 'Miami, FL', { status: 'outage' }),
  region('gb-lon', 'London 2, UK'),
  region('no-osl-1', 'Oslo, NO'),
  region('us-west', 'Fremont, CA', { capabilities: ['Linodes', 'Metadata'] }),
  region('us-den-1', 'Denver, CO', { capabilities: ['Linodes', 'Distributed Plans'], site_type: 'distributed' }),
];

const refusing = new Set(['gb-lon', 'no-osl-1']);

/** Whether the image service takes this region. Nothing in the region's record tells. */
export const takesImages = (id: string): boolean =>
  !refusing.has(id) &&
  regions.some((one) => one.id === id && one.capabilities.includes('Object Storage') && one.site_type === 'core');
