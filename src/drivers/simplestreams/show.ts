import type { Call, Operation } from '../../core/operation.ts';
import type { StreamsClient } from './client.ts';
import type { Disk, Version } from './disks.ts';
import { readAll } from './documents.ts';
import { findDisk } from './find.ts';
import { recordFrom } from './record.ts';

/** A disk, and all versions that there are. What could not be read may hold what is not found, or another that is called so: then that is said. */
export async function readDisk(
  client: StreamsClient,
  text: string,
  call: Call,
): Promise<{ readonly disk: Disk; readonly versions: readonly Version[] }> {
  const { versions, failed } = await readAll(client, call);
  try {
    const disk = findDisk(client, versions, text);
    if (failed && disk.id !== text) call.note({ kind: 'warning', message: failed.message });
    return { disk, versions };
  } catch (error) {
    throw failed ?? error;
  }
}

export const show: Operation<StreamsClient, 'show'> = {
  async run(client, { id }, call) {
    const { disk } = await readDisk(client, id, call);
    return recordFrom(client, disk, new Date().toISOString().slice(0, 10));
  },
};
