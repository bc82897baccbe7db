import type { Image } from '../../core/image.ts';
import { isMarkProperty, markChanges, markRemovals, type MarkWishes } from '../../core/marks.ts';
import type { Changes, PatchRequest } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import type { Target } from '../images/target.ts';
import { changesByDocument, type PatchDocument } from '../patch/document.ts';
import type { Change } from './change.ts';
import { checkFields, extrasFrom } from './fields.ts';
import { warnOfNamesakes } from './name-conflict.ts';

/** What is to be changed of a record. */
export interface PatchWishes {
  readonly changes: Changes;
  readonly document?: PatchDocument | undefined;
  readonly marks?: MarkWishes | undefined;
  /** Fields that only this provider has, as they are typed. */
  readonly set: Readonly<Record<string, string>>;
}

/** The change of an image's record. One that asks for what is there already sends nothing. */
export function recordChange(
  { at, id, call }: Target<'patch' | 'show'>,
  wishes: PatchWishes,
  context: EngineContext,
): Change<Image> {
  const warnOfOthers = async (image: string, name: string): Promise<void> =>
    warnOfNamesakes(at as Account, { id: image, name }, call, context);
  return {
    async plan() {
      const { now, request } = await looked();
      if (!request)
        return [
          {
            verb: 'patch',
            profile: at.profile,
            provider: at.provider,
            image: now.id,
            risk: 'reuse',
            steps: ['nothing to change'],
          },
        ];
      const { name } = request.changes;
      if (name) await warnOfOthers(id, name);
      return [await at.preview('patch', request, call)];
    },
    async perform() {
      const { now, request } = await looked();
      if (!request) return now;
      const changed = await at.verb('patch').run(request, call);
      const { name } = request.changes;
      if (name) await warnOfOthers(changed.id, name);
      return changed;
    },
  };

  /** What is to be asked for; a document is held against the image as it is, and may come to nothing. */
  async function looked(): Promise<
    { readonly now: Image; readonly request?: undefined } | { readonly now?: Image; readonly request: PatchRequest }
  > {
    const { document, marks, set } = wishes;
    const isMarked = marks !== undefined || wishes.changes.removeProperties?.some(isMarkProperty) === true;
    const now = document || isMarked ? await at.verb('show').run({ id }, call) : undefined;
    const asked = { ...wishes.changes, ...(document && now ? changesByDocument(now, document) : {}) };
    const changes = now ? withMarks(asked, markRemovals(now, asked.removeProperties ?? [])) : asked;
    const wanted = marks && now ? withMarks(changes, markChanges(now, marks)) : changes;
    const verb = at.verb('patch');
    checkFields(at as Account, 'patch', verb.fields, wanted);
    const extras = extrasFrom(at as Account, verb, set);
    if (now && Object.keys(wanted).length === 0 && Object.keys(extras).length === 0) return { now };
    return { ...(now ? { now } : {}), request: { id, changes: wanted, extras, ...(now ? { basis: now } : {}) } };
  }
}

/** The same changes with those of the marks besides. */
const withMarks = (changes: Changes, { properties = {}, removeProperties = [] }: Changes = {}): Changes => ({
  ...changes,
  ...(changes.properties || Object.keys(properties).length > 0 ? { properties: { ...changes.properties, ...properties } } : {}),
  ...(changes.removeProperties || removeProperties.length > 0
    ? { removeProperties: [...(changes.removeProperties ?? []), ...removeProperties] }
    : {}),
});
