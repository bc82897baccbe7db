import { channelText, type Channel } from '../../core/channel.ts';
import { conflictError } from '../../core/errors.ts';
import { plainLetters } from '../../core/image-name.ts';
import type { Call } from '../../core/operation.ts';
import type { Projection, ProjectionOperation } from '../../core/projection.ts';
import type { AwsClient } from './client.ts';
import { awsCode } from './errors.ts';
import { findImage } from './images.ts';
import { deleteParameter, parameterTag, readParameter, writeParameter, type Parameter } from './parameters.ts';

/** The tag by which a parameter is known to be a channel's. */
const mark = 'imgctl.channel';

/** What tags hold; anything else of a name is a dash there. */
const markOf = (channel: Channel): string => channelText(channel).replace(/[^\p{L}\p{Z}\p{N}_.:/=+@-]/gu, '-');

/** The longest name of a parameter that fits with its region and account into an ARN. */
const longestName = 1011;

/** The name of a channel as names of parameters have it; absent where letters would be lost. */
const plainName = (name: string): string | undefined => plainLetters(name)?.replace(/[^a-z0-9_.-]+/gi, '-');

/** The parameter that follows a channel; absent where none is to, or its name makes none. */
function nameOf({ channelParameter }: AwsClient, { name, channel }: Channel): string | undefined {
  const plain = channelParameter && plainName(name);
  const made = plain && channelParameter({ name: plain, channel });
  return made && made.length <= longestName ? made : undefined;
}

/** A parameter that is there. `channel`: whose it is by its mark; absent: somebody else's. */
interface There extends Parameter {
  readonly value: string;
  readonly channel?: string | undefined;
}

/** All of a name in the regions that are meant. */
async function parametersCalled(client: AwsClient, name: string, call: Call): Promise<readonly There[]> {
  const regions = await client.regions(call);
  const found = regions.map(async (region): Promise<readonly There[]> => {
    const at = { name, region };
    const there = await readParameter(client, at, call);
    return there ? [{ ...at, value: there.value, channel: await parameterTag(client, at, mark, call) }] : [];
  });
  return (await Promise.all(found)).flat();
}

const holderOf = ({ region, value, channel }: There): string =>
  channel === undefined ? `somebody else in ${region} (${value})` : `the channel ${channel}`;

/**
 * A parameter of the Systems Manager in the region of the target, where a profile asks for one: launch templates take
 * `resolve:ssm:/imgctl/channels/web/stable` for an image.
 */
export const projection: ProjectionOperation<AwsClient> = {
  kind: 'parameter',
  otherwise: 'have others written with channelParameter in the profile (none: no parameters)',

  async look(client, channel, call): Promise<Projection | undefined> {
    const name = nameOf(client, channel);
    if (name === undefined) return undefined;
    const there = await parametersCalled(client, name, call);
    const other = there.find((one) => one.channel !== markOf(channel));
    if (other) return { name, takenBy: holderOf(other) };
    const [first, ...others] = there;
    return { name, ...(first ? { id: first.value } : {}), ...(others.length > 0 ? { isBehind: true } : {}) };
  },

  async point(client, channel, { id }, call) {
    const name = nameOf(client, channel);
    if (name === undefined) return;
    const { region } = await findImage(client, id, call);
    const there = await parametersCalled(client, name, call);
    const other = there.find((one) => one.channel !== markOf(channel));
    if (other) throw conflictError(`the parameter ${name} is taken by ${holderOf(other)}`);
    const here = there.find((one) => one.region === region);
    if (here?.value !== id) await write(client, { name, region }, id, here ? undefined : channel, call);
    // Of a target in another region.
    for (const one of there) if (one !== here) await deleteParameter(client, one, call);
  },

  async remove(client, channel, call) {
    const name = nameOf(client, channel);
    if (name === undefined) return;
    for (const one of await parametersCalled(client, name, call))
      if (one.channel === markOf(channel)) await deleteParameter(client, one, call);
  },
};

/** `channel`: the parameter is new, and is marked as that channel's. Throws CONFLICT where somebody else has made one meanwhile. */
async function write(client: AwsClient, at: Parameter, id: string, channel: Channel | undefined, call: Call): Promise<void> {
  try {
    await writeParameter(client, at, id, channel && { Key: mark, Value: markOf(channel) }, call);
  } catch (error) {
    // Also where the first of two tries was carried out, and its answer lost.
    const isTaken = channel !== undefined && awsCode(error) === 'ParameterAlreadyExists';
    if (!isTaken || (await parameterTag(client, at, mark, call)) !== markOf(channel)) throw error;
    await writeParameter(client, at, id, undefined, call);
  }
}
