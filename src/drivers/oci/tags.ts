import type { Call } from '../../core/operation.ts';
import { pagesOf } from './pages.ts';
import type { Repository } from './repository.ts';

/** Every tag of a repository, once each, sorted. A repository that was never written to is empty. */
export async function tagsOf(repository: Repository, call: Call): Promise<readonly string[]> {
  const tags = new Set<string>();
  for await (const page of pagesOf(repository, call)) for (const tag of page) tags.add(tag);
  return [...tags].sort();
}
