import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { secretFields, stageOf } from '../clouds/index.ts';
import type { ProviderStage } from '../clouds/stage.ts';
import type { RunningCloud, SeenRequest } from '../conformance/cloud.ts';
import { diskBytes } from '../support/content.ts';
import { cliHome, type CliHome, type CliResult, type CliSettings } from '../support/run-cli.ts';

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
  readonly stage: ProviderStage;
  readonly cloud: RunningCloud;
  readonly home: CliHome;
  readonly env: Readonly<Record<string, string>>;
  run(args: readonly string[], settings?: CliSettings): Promise<CliResult>;
  file(name: string, data: Uint8Array): string;
  /** The credentials of the profile, and whatever has gone over the wire as one since the last command began. */
  secrets(): readonly string[];
  stop(): Promise<void>;
}

/** Whatever has gone over the wire as a credential: header values, the parts of Basic, the queries of signed addresses. */
export function credentialsIn(requests: readonly Pick<SeenRequest, 'method' | 'path' | 'headers'>[]): readonly string[] {
  return requests.flatMap(({ headers, path: asked, method }) => {
    const authorization = headers.authorization?.replace(/^\w+ /, '');
    const basic = authorization && Buffer.from(authorization, 'base64').toString('utf8').split(':')[1];
    const signed = method === 'PUT' && /signature/i.test(asked) ? asked : undefined;
    return [headers['x-auth-token'], authorization, basic, signed].filter(
      (found): found is string => found !== undefined && found.length > 5 && /^[ -~]+$/.test(found),
    );
  });
}

export async function plant(provider: string): Promise<Planted> {
  const stage = stageOf(provider);
  const cloud = await stage.cloud.start();
  const home = cliHome();
  const env: Record<string, string> = { IMGCTL_PROFILE_X_PROVIDER: provider };
  for (const [field, value] of Object.entries(cloud.values)) env[fieldVariable('x', field)] = value;
  const own = secretFields(stage.driver).flatMap((name) => cloud.values[name] ?? []);
  return {
    stage,
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
    secrets: () => [...new Set([...own, ...credentialsIn(cloud.requests())])],
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
