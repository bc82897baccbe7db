import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { CliResult } from '../support/run-cli.ts';
import type { CommandStage } from './stage.ts';

/** What became of one image, as `publish` tells it. */
export interface PublishedImage {
  readonly image: string;
  readonly result: string;
  readonly id: string;
  readonly product: string;
  readonly serial: string;
  readonly path: string;
  readonly message?: string;
  readonly digests: { readonly sha256: string };
}

/** A folder in the home that is published into. */
export interface PublishedTree {
  /** The path of what lies in it; without a name the folder itself. */
  tree(name?: string): string;
  publish(...more: readonly string[]): Promise<CliResult>;
  /** As `publish`, which must end with 0. */
  published(...more: readonly string[]): Promise<readonly PublishedImage[]>;
  /** Every file, with what tells whether it was written anew. */
  stateOfTree(): readonly string[];
}

export function publishedTree(stage: CommandStage): PublishedTree {
  const tree = (name = ''): string => stage.file(path.join('tree', name));
  const line = (more: readonly string[]): readonly string[] => ['publish', 'simplestreams', tree(), ...more, '-o', 'json'];
  return {
    tree,
    publish: (...more) => stage.run(line(more)),
    published: async (...more) => (await stage.ok(line(more))).json() as readonly PublishedImage[],
    stateOfTree: () =>
      readdirSync(tree(), { recursive: true, encoding: 'utf8' })
        .map((name) => [name, statSync(tree(name))] as const)
        .filter(([, facts]) => facts.isFile())
        .map(([name, { ino, size, mtimeMs }]) => `${name} ${ino} ${size} ${mtimeMs}`)
        .sort(),
  };
}
