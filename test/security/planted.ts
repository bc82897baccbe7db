import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { startLinode } from '../clouds/linode/index.ts';
import { startOci } from '../clouds/oci/index.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { rancherCloud } from '../clouds/rancher/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { diskBytes } from '../support/content.ts';
import { cliHome, type CliHome, type CliResult, type CliSettings } from '../support/run-cli.ts';

const starts: Readonly<Record<string, () => Promise<RunningCloud>>> = {
  openstack: () => startOpenstack(),
  linode: () => startLinode({ listsPerMinute: 1_000_000, workMs: 5 }),
  rancher: () => rancherCloud({ transitionMs: 5, key: 'superadmin' }).start(),
  oci: () => startOci(),
};

/** Every provider that has credentials. */
export const providersWithSecrets: readonly string[] = Object.keys(starts);

const secretFields: readonly string[] = ['token', 'password', 'applicationCredentialSecret', 'secretKey'];

/** How a secret is written by those who quote it: as it is, in URLs, JSON, HTML, Python and base64. */
export function waysToWrite(secret: string): readonly string[] {
  const ascii = JSON.stringify(secret)
    .slice(1, -1)
    .replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  const html = secret.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
  const percent = encodeURIComponent(secret);
  return [
    ...new Set([
      secret,
      percent,
      percent.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
      percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
      percent.replaceAll('%20', '+'),
      JSON.stringify(secret).slice(1, -1),
      ascii,
      JSON.stringify(ascii).slice(1, -1),
      JSON.stringify(secret)
        .slice(1, -1)
        .replaceAll('/', String.raw`\/`),
      html,
      html.replaceAll("'", '&#x27;'),
      html.replaceAll("'", '&#39;'),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      Buffer.from(secret).toString('base64url'),
    ]),
  ];
}

/** A fake cloud with an image `web` and a home with its profile `x`, all of it in the environment. */
export interface Planted {
  readonly cloud: RunningCloud;
  readonly home: CliHome;
  readonly env: Readonly<Record<string, string>>;
  run(args: readonly string[], settings?: CliSettings): Promise<CliResult>;
  file(name: string, data: Uint8Array): string;
  /** The credentials of the profile, and whatever has gone over the wire as one since the last command began. */
  secrets(): readonly string[];
  stop(): Promise<void>;
}

function credentialsSeen(cloud: RunningCloud): readonly string[] {
  return cloud.requests().flatMap(({ headers, path: asked, method }) => {
    const authorization = headers.authorization?.replace(/^\w+ /, '');
    const basic = authorization && Buffer.from(authorization, 'base64').toString('utf8').split(':')[1];
    const signed = method === 'PUT' && /signature/i.test(asked) ? asked : undefined;
    return [headers['x-auth-token'], authorization, basic, signed].filter(
      (found): found is string => found !== undefined && found.length > 5 && /^[ -~]+$/.test(found),
    );
  });
}

export async function plant(provider: string): Promise<Planted> {
  const cloud = await (starts[provider] ?? (() => Promise.reject(new Error(`no fake of ${provider}`))))();
  const home = cliHome();
  const env: Record<string, string> = { IMGCTL_PROFILE_X_PROVIDER: provider };
  for (const [field, value] of Object.entries(cloud.values)) env[fieldVariable('x', field)] = value;
  const own = secretFields.flatMap((name) => cloud.values[name] ?? []);
  return {
    cloud,
    home,
    env,
    run(args, settings = {}) {
      cloud.forget();
      return home.run(args, { ...settings, env: { ...env, ...settings.env } });
    },
    file(name, data) {
      const file = path.join(home.folder, name);
      writeFileSync(file, data);
      return file;
    },
    secrets: () => [...new Set([...own, ...credentialsSeen(cloud)])],
    async stop() {
      await cloud.stop();
      await home.remove();
    },
  };
}

const seedData = diskBytes('raw', 64 * 1024, 7);

/** Puts an image in, whatever faults there are. */
export const seeded = async ({ cloud }: Planted, name = 'web'): Promise<string> =>
  (await cloud.seed([{ name, status: 'active', data: seedData }]))[0] ?? '';

const waiting = ['--wait-timeout', '300ms', '--poll-interval', '20ms'];

/** Every verb as it is typed for an image and a file; what a provider has not is refused, which is looked at too. */
export const everyVerb = (id: string, file: string, folder: string): readonly (readonly string[])[] => [
  ['list'],
  ['list', '--raw', '-o', 'json'],
  ['list', '-A', '--group-by', 'name'],
  ['show', id, '--raw', '-o', 'yaml'],
  ['show', id, 'nothing-of-the-kind', '-o', 'json'],
  ['create', 'made', ...waiting],
  ['create', 'made', '--from-disk', '5', ...waiting],
  ['create', 'made', '--dry-run'],
  ['patch', id, '--description', 'told'],
  ['patch', id, '--tag', 'blessed', '--dry-run', '-o', 'json'],
  ['patch', id, 'nothing-of-the-kind', '--description', 'told', '-o', 'json'],
  ['deactivate', id, ...waiting],
  ['reactivate', id, ...waiting],
  ['upload', file, '--name', 'up', ...waiting],
  ['upload', file, '--name', 'up', '--dry-run'],
  ['upload', file, '--name', 'web', '--if-exists', 'replace', '--yes', ...waiting],
  ['download', id, path.join(folder, 'down.raw'), '--force'],
  ['copy', `x:${id}`, 'x:copied', ...waiting],
  ['import', 'imp', '--url', 'https://site.example/disk', '--disk-format', 'raw', ...waiting],
  ['replicate', id, '--to', 'us-iad', ...waiting],
  ['share', id, '--with', 'somebody'],
  ['unshare', id, '--with', 'somebody'],
  ['places'],
  ['resolve', 'w*'],
  ['wait', id, '--for', 'active', ...waiting],
  ['profile', 'show', 'x', '-o', 'json'],
  ['profile', 'list', '-o', 'json'],
  ['profile', 'check', 'x', '-o', 'json'],
  ['providers', 'x'],
  ['delete', id, 'nothing-of-the-kind', '--yes', '-o', 'json', ...waiting],
  ['delete', id, '--yes', ...waiting],
  ['purge', id, '--yes', ...waiting],
  ['restore', id, ...waiting],
];
