import type { FoundProfile, Surroundings } from '../../core/driver.ts';
import type { Field } from '../../core/field.ts';
import { given } from '../../core/image.ts';
import { Secret } from '../../core/secret.ts';
import { knownRegistries, type KnownRegistry } from './docker-config.ts';
import { fields } from './fields.ts';

type Values = Readonly<Record<string, string | Secret>>;

/** Profile fields that the environment gives. */
function fromVariables(env: Surroundings['env']): Values {
  return Object.fromEntries(
    Object.entries<Field>(fields).flatMap(([name, field]) => {
      const value = field.env?.map((variable) => env[variable]).find((text) => text !== undefined && text !== '');
      return value === undefined ? [] : [[name, field.secret ? new Secret(value) : value] as const];
    }),
  );
}

const valuesOf = ({ host, username, password }: KnownRegistry): Values =>
  given<Record<string, string | Secret>>({ registry: host, username, password }) as Values;

const sourceOf = ({ source, note }: KnownRegistry): string => (note === undefined ? source : `${source} (${note})`);

/**
 * The registries that Docker or Podman are signed in to, each under its host. None of those files names a repository for
 * disks: who takes such a profile over has to set it. The ambient one is what OCI_REGISTRY names, or the only one there is.
 */
export async function discover(surroundings: Surroundings): Promise<readonly FoundProfile[]> {
  const known = await knownRegistries(surroundings);
  const variables = fromVariables(surroundings.env);
  const stored = known.map((one): FoundProfile => ({
    name: one.host.replace(/[^\w.-]+/g, '-'),
    source: sourceOf(one),
    tool: 'docker',
    fields: valuesOf(one),
  }));
  const wanted = variables.registry ?? (known.length === 1 ? known[0]?.host : undefined);
  if (wanted === undefined || !('repository' in variables)) return stored;
  const base = known.find(({ host }) => host === wanted);
  const source = base ? `${sourceOf(base)} and OCI_* variables` : 'OCI_* variables';
  return [
    ...stored,
    { name: 'env', source, fields: { registry: wanted, ...(base ? valuesOf(base) : {}), ...variables }, ambient: true },
  ];
}
