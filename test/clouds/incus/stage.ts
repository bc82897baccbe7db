import driver from '../../../src/drivers/incus/index.ts';
import type { ProviderStage } from '../stage.ts';
import { incusBed } from './bed.ts';
import { incusErrorBody, startIncus, type RunningIncus } from './index.ts';
import { incusLines } from './verb-lines.ts';

async function withInstance(): Promise<RunningIncus> {
  const cloud = await startIncus();
  cloud.instances.push({ name: 'made-from-web', status: 'Stopped', project: 'default', config: {} });
  return cloud;
}

/** What is peculiar to Incus and LXD in the tests that walk over all providers. */
export const incusStage: ProviderStage = {
  driver,
  cloud: { wire: true, start: withInstance },
  names: 'unique',
  beds: { incus: incusBed },
  verbLines: incusLines,
  plantedSecrets: [{ token: 'planted-secret-4711-abc', url: 'ORIGIN/WAY' }],
  hostileRecord: {
    texts: ['name', 'description'],
    others: ['aliases', 'properties', 'public', 'size', 'type', 'created_at', 'uploaded_at', 'expires_at', 'profiles', 'project'],
  },
  samples: { disk: 'made-from-web', account: { token: 't' } },
  wire: {
    notFound: [incusErrorBody('Image not found', 404), incusErrorBody('Image alias not found', 404)],
    noList: incusErrorBody('Project not found', 404),
    isSignIn: ({ method, path }) => method === 'GET' && /^\/1\.0(\?|$)/.test(path),
    sends: ({ method, path }) => method === 'POST' && /^\/1\.0\/images(\?|$)/.test(path),
    fetches: ({ method, path }) => method === 'GET' && /\/export(\?|$)/.test(path),
    foreignFile: {
      path: '.config/incus/config.yml',
      name: 'far',
      content: (value) =>
        JSON.stringify({ 'default-remote': 'far', remotes: { far: { addr: 'https://far.example:8443', project: value } } }),
      fields: (value) => ({ url: 'https://far.example:8443', project: value }),
    },
    address: { field: 'url', written: (origin) => origin },
  },
};
