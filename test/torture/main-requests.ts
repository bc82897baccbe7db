import { seedData } from '../clouds/bed-cloud.ts';
import { changes, stageOf } from '../clouds/index.ts';
import type { VerbLine } from '../clouds/verb-line.ts';
import type { ProxiedRequest } from '../support/fault-proxy.ts';

/** Picks the requests that the verb is about. */
export function isMain({ about, provider }: VerbLine): (request: ProxiedRequest) => boolean {
  const stage = stageOf(provider);
  if (about === 'disk') return (request) => stage.wire?.fetches?.(request, seedData) === true;
  if (about === 'all') return (request) => stage.wire?.isSignIn(request) !== true;
  return (request) => changes(stage, request);
}
