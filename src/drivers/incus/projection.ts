import { isNoSuchImage } from '../../core/answer-error.ts';
import { channelText } from '../../core/channel.ts';
import { conflictError } from '../../core/errors.ts';
import { channelsOf } from '../../core/marks.ts';
import type { Call } from '../../core/operation.ts';
import type { ProjectionOperation } from '../../core/projection.ts';
import { giveAlias, readAlias, takeAlias } from './aliases.ts';
import { readImage, type IncusClient } from './client.ts';

/** The alias `NAME@CHANNEL`, by which other clients launch the target: `incus launch REMOTE:web@stable`. */
export const projection: ProjectionOperation<IncusClient> = {
  kind: 'alias',

  async look(client, channel, call) {
    const name = channelText(channel);
    const there = await readAlias(client, name, call);
    if (!there) return { name };
    return (await isOfChannel(client, there.target, channel.channel, call))
      ? { name, id: there.target }
      : { name, takenBy: `image ${there.target}` };
  },

  async point(client, channel, { id: target }, call) {
    const name = channelText(channel);
    const there = await readAlias(client, name, call);
    if (there && there.target !== target && !(await isOfChannel(client, there.target, channel.channel, call)))
      throw conflictError(`the alias ${name} is taken by image ${there.target}`);
    if (there?.target !== target) await giveAlias(client, { name, target, mustBeFree: false }, call);
  },

  async remove(client, channel, call) {
    const name = channelText(channel);
    const there = await readAlias(client, name, call);
    if (there && (await isOfChannel(client, there.target, channel.channel, call)))
      await takeAlias(client, { name, target: there.target }, call);
  },
};

/** Whether an image says of itself that it is, or was, the target of such a channel; one that is gone says nothing. */
async function isOfChannel(client: IncusClient, id: string, channel: string, call: Call): Promise<boolean> {
  try {
    return channelsOf(await readImage(client, id, call)).has(channel);
  } catch (error) {
    if (isNoSuchImage(error)) return false;
    throw error;
  }
}
