import type { FoundProfile, HostEnvironment } from '../../core/driver.ts';
import { pathsOf, readSharedFiles, type Section } from './shared-files.ts';

/** Variables by which Amazon's own tools would have an account without a profile. */
const telling = [
  'AWS_ACCESS_KEY_ID',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_EC2_METADATA_SERVICE_ENDPOINT',
];

const fieldsOf = (name: string, { region }: Section): Readonly<Record<string, string>> => ({
  awsProfile: name,
  ...(region ? { region } : {}),
});

/**
 * Every profile in the files of AWS, by its name: keys stay where they are, for most of them are only good for a while. What the tools
 * of AWS would use now is all of what they read, and nothing of it is written down.
 */
export async function discover(surroundings: HostEnvironment): Promise<readonly FoundProfile[]> {
  const { env } = surroundings;
  const files = await readSharedFiles(surroundings);
  const { config, credentials } = pathsOf(surroundings);
  const source = files.sources.length === 1 ? (files.sources[0] ?? config) : `${config} and ${credentials}`;
  const found = [...files.profiles].map(([name, section]): FoundProfile => ({ name, source, fields: fieldsOf(name, section) }));
  const variable = telling.find((name) => env[name]);
  const named = env.AWS_PROFILE || env.AWS_DEFAULT_PROFILE;
  if (variable === undefined && !named && !files.profiles.has('default')) return found;
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  const profile = variable === undefined ? named || 'default' : undefined;
  const ambient: FoundProfile = {
    name: 'env',
    source: variable ?? (named ? 'AWS_PROFILE' : source),
    fields: {
      ...(profile === undefined ? {} : fieldsOf(profile, files.profiles.get(profile) ?? {})),
      ...(region ? { region } : {}),
    },
    ambient: true,
  };
  return [...found, ambient];
}
