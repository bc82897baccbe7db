import { withoutBom } from '../../host/text-file.ts';
import { usageError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import type { World } from './world.ts';

/** All of standard input as text. Throws USAGE where it is a terminal. */
export async function stdinText(world: Pick<World, 'io' | 'readStdin'>): Promise<string> {
  if (world.io.stdinIsTerminal)
    throw usageError('standard input is a terminal', { hint: 'Pipe the document in, or specify a file.' });
  const chunks: Uint8Array[] = [];
  for await (const chunk of world.readStdin()) chunks.push(Uint8Array.from(chunk));
  return withoutBom(Buffer.concat(chunks).toString('utf8'));
}

/** Standard input as it comes. Throws USAGE where it is a terminal. */
export function stdinBytes(world: Pick<World, 'io' | 'readStdin'>): Bytes {
  if (world.io.stdinIsTerminal)
    throw usageError('standard input is a terminal, not a disk image', { hint: 'Pipe the image in, or specify a file.' });
  return world.readStdin();
}
