import type { FoundProfile, Surroundings } from '../../core/driver.ts';
import { configError } from '../../core/errors.ts';
import type { Field } from '../../core/field.ts';
import { Secret } from '../../core/secret.ts';
import { cloudsFound, type Cloud, type Found } from './clouds-file.ts';
import { fields } from './fields.ts';

/** Profile fields that the `OS_*` variables give. */
function fromVariables(env: Surroundings['env']): Found {
  const given = Object.entries<Field>(fields).flatMap(([name, field]) => {
    const value = field.env?.map((variable) => env[variable]).find((text) => text !== undefined && text !== '');
    return value === undefined ? [] : [[name, field.secret ? new Secret(value) : value] as const];
  });
  return Object.fromEntries(given);
}

/** Which cloud OpenStack's own tools would take: the one that OS_CLOUD names, or the only one. */
function ambientCloud(clouds: readonly Cloud[], wanted: string | undefined, variables: Found): Cloud | undefined {
  if (wanted === undefined || wanted === '') return 'authUrl' in variables || clouds.length !== 1 ? undefined : clouds[0];
  const cloud = clouds.find(({ name }) => name === wanted);
  if (cloud) return cloud;
  const names = clouds.map(({ name }) => name).join(', ');
  throw configError(`OS_CLOUD is "${wanted}", and no clouds.yaml has such a cloud`, {
    hint: names ? `clouds there: ${names}` : 'there is no clouds.yaml',
  });
}

/**
 * Profiles in clouds.yaml and in the `OS_*` variables. The ambient one is the cloud that OS_CLOUD names, or the only one
 * there is, or the variables alone; variables win over the file, as for OpenStack's own tools.
 */
export async function discover(surroundings: Surroundings): Promise<readonly FoundProfile[]> {
  const clouds = await cloudsFound(surroundings);
  const variables = fromVariables(surroundings.env);
  const cloud = ambientCloud(clouds, surroundings.env.OS_CLOUD, variables);
  const stored = clouds.map(({ name, source, fields: found }): FoundProfile => ({ name, source, fields: found }));
  const base = { userDomain: fields.userDomain.default, interface: fields.interface.default };
  if (cloud) {
    const overruled = Object.keys(variables).length > 0 ? ' and OS_* variables' : '';
    const ambient = {
      name: cloud.name,
      source: `${cloud.source}${overruled}`,
      fields: { ...base, ...cloud.fields, ...variables },
      ambient: true,
    };
    return overruled ? [...stored, ambient] : stored.map((profile) => (profile.name === cloud.name ? ambient : profile));
  }
  if (!('authUrl' in variables || ('token' in variables && 'imageEndpoint' in variables))) return stored;
  return [...stored, { name: 'openstack', source: 'OS_* variables', fields: { ...base, ...variables }, ambient: true }];
}
