import driver from '../../../src/drivers/rancher/index.ts';
import type { ProviderStage } from '../stage.ts';
import { rancherBed } from './bed.ts';
import { rancherCloud } from './index.ts';
import { rancherLines } from './verb-lines.ts';

export const rancherStage: ProviderStage = {
  driver,
  // The only version that has every verb, and the only key that may use it.
  cloud: rancherCloud({ version: '1.5', key: 'superadmin', transitionMs: 5 }),
  beds: {
    rancher: (identity) => rancherBed('1.6', identity),
    'rancher before 1.6': (identity) => rancherBed('1.5', identity),
  },
  verbLines: rancherLines,
  plantedSecrets: [{ url: 'ORIGIN/WAY/v1', accessKey: 'KEY', secretKey: `planted-"secret"-4711/ü+x&<'y'> %!*` }],
  hostileRecord: {
    texts: ['name', 'description', 'transitioningMessage'],
    others: ['created', 'removed', 'state', 'name', 'transitioning', 'transitioningProgress', 'data', 'description'],
  },
  samples: {},
  wire: {
    notFound: [
      '{"id":"u","type":"error","links":{},"actions":{},"status":404,"code":"Not Found","message":"Not Found","detail":null}',
      '{"baseType":"error","type":"apiError","status":404,"code":"NotFound"}',
      '{"status":404,"code":"NotFound","message":"no such image"}',
    ],
    noList: '{"type":"error","status":404,"code":"Not Found","message":"Not Found"}',
    endless: {
      isList: (path) => /\/images(\?|$)/.test(path),
      rows: 'data',
      next: (n, asked) => ({ body: { pagination: { next: asked.replace(/\?.*/, `?marker=m${n}`) } } }),
    },
    isSignIn: () => false,
    asksForSchema: ({ path }) => path.includes('/schemas'),
    address: { field: 'url', written: (origin) => `${origin}/v1` },
    foreignFile: {
      path: '.rancher/cli.json',
      name: 'rancher',
      content: (value) => JSON.stringify({ url: value, accessKey: value, secretKey: value, environment: value }),
      fields: (value) => ({ url: value, accessKey: value, secretKey: value, project: value }),
    },
  },
};
